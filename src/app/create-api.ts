import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from './api.module.js';
import { readSettings } from '../config/config.module.js';
import { configureHttp, createHttpAdapter } from './http.js';

/** The API, configured and not yet listening. */
export async function createApi(): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule, createHttpAdapter(readSettings()), {
    bufferLogs: true,
    bodyParser: false,
  });
  await configureHttp(app);
  return app;
}
