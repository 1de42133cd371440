import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import pino, { type LogFn, type Logger } from 'pino';
import pretty from 'pino-pretty';
import { Settings } from '../config/settings.js';

/** Contexts in which Nest logs its own construction: of use only while debugging. */
const CONSTRUCTION = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestFactory']);

const INFO = pino.levels.values.info;

/** Structured lines with the request's id, without bodies, credentials and query strings. */
export function createLoggingModule(): DynamicModule {
  return LoggerModule.forRootAsync({
    inject: [Settings],
    useFactory: (settings: Settings) => ({
      forRoutes: ['{*path}'],
      pinoHttp: [
        {
          level: settings.LOG_LEVEL,
          autoLogging: { ignore: isProbe },
          customErrorObject: withoutStatusError,
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

/**
 * The access line of a 5xx response without the error that pino-http makes of its status: a stack of pino-http's own
 * code. The line of the real error, if there is one, is the problem filter's.
 */
function withoutStatusError(_: IncomingMessage, __: ServerResponse, error: Error, line: object) {
  return error.message.startsWith('failed with status code') ? { ...line, err: undefined } : line;
}

/** Probes come every few seconds and are not logged. */
function isProbe(request: IncomingMessage & { originalUrl?: string }): boolean {
  return /^\/(healthz|readyz|metrics)\b/.test(request.originalUrl ?? request.url ?? '');
}

/** A hook of pino: "info" lines about the module graph go out as "debug". */
function withoutConstruction(this: Logger, args: Parameters<LogFn>, method: LogFn, level: number): void {
  const { context } = (typeof args[0] === 'object' ? args[0] : {}) as { context?: string };
  if (level === INFO && context && CONSTRUCTION.has(context)) this.debug(...args);
  else method.apply(this, args);
}
