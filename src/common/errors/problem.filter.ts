import { ArgumentsHost, Catch, ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from './app-error.js';
import { toAppError, toProblem } from './problem.js';

/** The one place an error becomes an answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Problem');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Also called by Fastify itself for what fails before Nest sees the request. */
  answer(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const error = this.orMethodNotAllowed(toAppError(thrown), request);
    this.log(error, thrown);
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    void reply
      .status(error.status)
      .headers(error.headers)
      // A path that cannot be decoded fails before any hook has set it.
      .header('X-Request-Id', request.id)
      .header('Cache-Control', 'no-store')
      .header('Content-Type', 'application/problem+json')
      // As bytes: to a text Fastify would add a charset, which this type does not have.
      .send(Buffer.from(JSON.stringify(toProblem(error, String(request.id)))));
  }

  /** A path that exists, asked with a method it does not know, is no unknown route. */
  private orMethodNotAllowed(error: AppError, request: FastifyRequest): AppError {
    if (error.code !== 'route.not_found') return error;
    const allowed = request.server.allowedMethods(request.url.split('?', 1)[0] ?? '/');
    const known = allowed.includes(request.method === 'HEAD' ? 'GET' : request.method);
    return allowed.length > 0 && !known
      ? new AppError('route.method_not_allowed', { headers: { Allow: allowed.join(', ') } })
      : error;
  }

  /** A 503 without a cause was decided, not suffered: who decided it has logged the reason once. */
  private log(error: AppError, thrown: unknown): void {
    const decided = error.status === 503 && error === thrown && !error.cause;
    if (error.status >= 500 && !decided)
      this.logger.error({ err: error.cause ?? thrown, code: error.code }, error.message);
  }
}
