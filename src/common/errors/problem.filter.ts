import { ArgumentsHost, Catch, ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from './app-error.js';
import { OutageLog } from '../outage-log.js';
import type { ErrorCode } from './catalogue.js';
import { toAppError, toProblem } from './problem.js';

/** Turns every error into a response: the only place that does. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Problem');
  /** By error code: a dependency that fails would otherwise log an error for every request. */
  private readonly outages = new Map<ErrorCode, OutageLog>();

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.respond(thrown, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Sends the response to an error. Fastify calls it too, for what fails before Nest handles the request. */
  respond(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
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
      .header('Content-Security-Policy', "default-src 'none'")
      .header('Cache-Control', 'no-store')
      .header('Content-Type', 'application/problem+json')
      // As bytes: to a text Fastify would add a charset, which this type does not have.
      .send(Buffer.from(JSON.stringify(toProblem(error, String(request.id)))));
  }

  /** A known path with a method that it does not have is no unknown route. */
  private orMethodNotAllowed(error: AppError, request: FastifyRequest): AppError {
    if (error.code !== 'route.not_found') return error;
    const allowed = request.server.allowedMethods(request.url.split('?', 1)[0] ?? '/');
    const known = allowed.includes(request.method === 'HEAD' ? 'GET' : request.method);
    return allowed.length > 0 && !known
      ? new AppError('route.method_not_allowed', { headers: { Allow: allowed.join(', ') } })
      : error;
  }

  /** A 503 that has no cause was a decision, whose reason is logged where it was made. */
  private log(error: AppError, thrown: unknown): void {
    const cause = error.cause ?? (error === thrown ? undefined : thrown);
    if (error.status !== 503) {
      if (error.status >= 500) this.logger.error({ err: cause ?? thrown, code: error.code }, error.message);
    } else if (cause !== undefined) this.outageOf(error.code).failed(cause);
  }

  private outageOf(code: ErrorCode): OutageLog {
    const outage =
      this.outages.get(code) ?? new OutageLog(this.logger, `requests are refused with 503 ${code}`);
    this.outages.set(code, outage);
    return outage;
  }
}
