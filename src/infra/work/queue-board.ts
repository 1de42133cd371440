import { FastifyAdapter } from '@bull-board/fastify';
import basicAuth from '@fastify/basic-auth';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../../common/errors/app-error.js';
import { sameSecret } from '../../common/crypto/secrets.js';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { BullBoardModule } from '@bull-board/nestjs';
import { Module } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { WORK_KINDS } from './define-work.js';

type ApiRoutes = Parameters<FastifyAdapter['setApiRoutes']>[0];
type Plugin = ReturnType<FastifyAdapter['registerPlugin']>;

/** Its user; the password is `ADMIN_PASSWORD`. */
const ADMIN = 'admin';

/** The board as an operator may have it: behind a password, to look and not to touch. Without a password there is none. */
function createBoardAdapter(password: string | undefined) {
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
        requireAdmin(fastify, password);
        board(fastify, options, done);
      };
    }
  };
}

function requireAdmin(fastify: FastifyInstance, password: string): void {
  void fastify.register(basicAuth, {
    validate: async (user, given) => {
      if (!sameSecret(`${user}:${given}`, `${ADMIN}:${password}`)) throw notAdmin();
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
      inject: [Settings],
      useFactory: (settings: Settings) => ({
        route: '/queues',
        adapter: createBoardAdapter(settings.ADMIN_PASSWORD),
        boardOptions: { uiConfig: { boardTitle: 'Gemini chat queues' } },
        middleware: [],
      }),
    }),
    BullBoardModule.forFeature(...WORK_KINDS.map((name) => ({ name, adapter: BullMQAdapter, options }))),
  ],
})
export class QueueBoardModule {}
