import { FastifyAdapter } from '@bull-board/fastify';
import basicAuth from '@fastify/basic-auth';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../../common/errors/app-error.js';
import { sameSecret } from '../../common/crypto/secrets.js';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { BullBoardModule } from '@bull-board/nestjs';
import { Module } from '@nestjs/common';
import { originOf } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { OperatorAccess } from '../rate-limit/operator-access.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { WORK_KINDS } from './define-work.js';

type ApiRoutes = Parameters<FastifyAdapter['setApiRoutes']>[0];
type Plugin = ReturnType<FastifyAdapter['registerPlugin']>;

/** Its user; the password is `ADMIN_PASSWORD`. */
const ADMIN = 'admin';

/** The board as an operator may have it: behind a password, to look and not to touch. Without a password there is none. */
function createBoardAdapter(password: string | undefined, access: OperatorAccess) {
  return class BoardAdapter extends FastifyAdapter {
    /** What changes a queue is no route at all. */
    override setApiRoutes(routes: ApiRoutes): this {
      super.setApiRoutes(routes.filter(({ method }) => [method].flat().every((each) => each === 'get')));
      return this;
    }

    /** Errors are passed to the product's own filter; one may pass here twice, from a plugin of the board and from the board. */
    override setErrorHandler(): this {
      super.setErrorHandler((error) => {
        throw error instanceof AppError ? error : toAppError(error);
      });
      return this;
    }

    override registerPlugin(): Plugin {
      if (!password) return (_fastify, _options, done) => done();
      const board = super.registerPlugin();
      return (fastify, options, done) => {
        requireAdmin(fastify, password, access);
        fastify.addHook('onSend', async (_request, _reply, payload) => withoutForeignFonts(payload));
        board(fastify, options, done);
      };
    }
  };
}

function requireAdmin(fastify: FastifyInstance, password: string, access: OperatorAccess): void {
  void fastify.register(basicAuth, {
    validate: async (user, given, request) => {
      const isRight = sameSecret(`${user}:${given}`, `${ADMIN}:${password}`);
      await access.require(isRight, notAdmin(), { route: 'queues', origin: originOf(request) });
    },
  });
  // The plugin is loaded later, so its hook is looked up at the request.
  fastify.addHook('onRequest', (request, reply, done) =>
    fastify.basicAuth.call(fastify, request, reply, done),
  );
  fastify.addHook('onRequest', async (_request, reply) => void reply.header('Cache-Control', 'no-store'));
}

/** Wrong, missing or malformed credentials; everything else is Redis that cannot be reached. */
function toAppError(error: Error & { statusCode?: number }): AppError {
  return error.statusCode === 401 ? notAdmin() : new AppError('service.unavailable', { cause: error });
}

/** The page would load fonts from Google, which would learn who has the board open. */
function withoutForeignFonts(payload: unknown): unknown {
  return typeof payload === 'string'
    ? payload.replace(/<link[^>]+href="https:\/\/fonts\.googleapis\.com[^>]*>/, '')
    : payload;
}

function notAdmin(): AppError {
  return new AppError('auth.unauthenticated', {
    detail: 'The queue board wants the user "admin" and ADMIN_PASSWORD.',
    headers: { 'WWW-Authenticate': 'Basic realm="queues", charset="UTF-8"' },
  });
}

const options = { readOnlyMode: true, allowRetries: false };

/** The queue board at /queues. */
@Module({
  imports: [
    BullBoardModule.forRootAsync({
      imports: [RateLimitModule],
      inject: [Settings, OperatorAccess],
      useFactory: (settings: Settings, access: OperatorAccess) => ({
        route: '/queues',
        adapter: createBoardAdapter(settings.ADMIN_PASSWORD, access),
        boardOptions: { uiConfig: { boardTitle: 'Gemini chat queues' } },
        middleware: [],
      }),
    }),
    BullBoardModule.forFeature(...WORK_KINDS.map((name) => ({ name, adapter: BullMQAdapter, options }))),
  ],
})
export class QueueBoardModule {}
