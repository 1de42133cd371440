import { FastifyAdapter } from '@bull-board/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
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

    /** Errors go up to the product's own filter. */
    override setErrorHandler(): this {
      super.setErrorHandler((error) => {
        throw error instanceof AppError ? error : new AppError('service.unavailable', { cause: error });
      });
      return this;
    }

    override registerPlugin(): Plugin {
      if (!password) return (_fastify, _options, done) => done();
      const board = super.registerPlugin();
      return (fastify, options, done) => {
        letInAdmin(fastify, password);
        board(fastify, options, done);
      };
    }
  };
}

function letInAdmin(fastify: FastifyInstance, password: string): void {
  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    if (!sameSecret(credentialsOf(request), `${ADMIN}:${password}`))
      throw new AppError('auth.unauthenticated', {
        detail: 'The queue board wants the user "admin" and ADMIN_PASSWORD.',
        headers: { 'WWW-Authenticate': 'Basic realm="queues", charset="UTF-8"' },
      });
    void reply.header('Cache-Control', 'no-store');
  });
}

function credentialsOf(request: FastifyRequest): string {
  const encoded = /^Basic +([\w+/=-]+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  return Buffer.from(encoded, 'base64').toString('utf8');
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
