import type { IncomingMessage } from 'node:http';
import type { DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import pino, { type LogFn, type Logger } from 'pino';
import pretty from 'pino-pretty';
import { Settings } from '../config/settings.js';

/** What Nest tells of its own construction: worth a line only to somebody who debugs it. */
const CONSTRUCTION = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestFactory']);

const INFO = pino.levels.values.info;

/** Structured lines with the request's id. No body, no header that opens a door, no query text. */
export function createLoggingModule(): DynamicModule {
  return LoggerModule.forRootAsync({
    inject: [Settings],
    useFactory: (settings: Settings) => ({
      forRoutes: ['{*path}'],
      pinoHttp: [
        {
          level: settings.LOG_LEVEL,
          autoLogging: { ignore: isProbe },
          hooks: { logMethod: withoutConstruction },
          serializers: {
            req: (request: { id: string; method: string; url: string }) => ({
              id: request.id,
              method: request.method,
              path: request.url.split('?', 1)[0],
            }),
            res: (response: { statusCode: number }) => ({ status: response.statusCode }),
          },
        },
        settings.production
          ? pino.destination(1)
          : pretty({ singleLine: true, ignore: 'pid,hostname', sync: true }),
      ],
    }),
  });
}

/** What machines ask every few seconds is no news. */
function isProbe(request: IncomingMessage & { originalUrl?: string }): boolean {
  return /^\/(healthz|readyz|metrics)\b/.test(request.originalUrl ?? request.url ?? '');
}

/** A hook of pino: "info" lines about the module graph go out as "debug". */
function withoutConstruction(this: Logger, args: Parameters<LogFn>, method: LogFn, level: number): void {
  const { context } = (typeof args[0] === 'object' ? args[0] : {}) as { context?: string };
  if (level === INFO && context && CONSTRUCTION.has(context)) this.debug(...args);
  else method.apply(this, args);
}
