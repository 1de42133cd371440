import { NestFactory } from '@nestjs/core';
import { Logger } from 'nestjs-pino';
import { armFailpoints } from './common/failpoint.js';
import { readSettings } from './config/config.module.js';
import { runProcess } from './app/process.js';
import { WorkerModule } from './app/worker.module.js';

/** The worker: takes jobs and talks to Gemini. It serves no public route. */
await runProcess('worker', async () => {
  armFailpoints(readSettings().FAILPOINTS);
  const app = await NestFactory.createApplicationContext(WorkerModule, { bufferLogs: true });
  app.useLogger(app.get(Logger));
  return { stop: () => app.close() };
});
