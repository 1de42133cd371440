import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { toAppError, toProblem } from '../common/errors/problem.js';
import { parseAddress } from '../common/http/client-address.js';
import { requestIdOf, type RequestOrigin } from '../common/http/request-context.js';
import { Settings } from '../config/settings.js';
import { Exposition } from '../infra/metrics/exposition.js';
import { ReadinessService } from './readiness.service.js';

type Route = (request: IncomingMessage, requestId: string) => Promise<{ type: string; body: string }>;

/** The worker's only listener: the same three operators' routes as the API's, on a port of its own. */
@Injectable()
export class WorkerHealthServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('WorkerHealth');
  private readonly server = createServer((request, response) => void this.respond(request, response));
  private readonly routes: Record<string, Route>;

  constructor(
    private readonly settings: Settings,
    readiness: ReadinessService,
    exposition: Exposition,
  ) {
    this.routes = {
      '/healthz': async () => json({ status: 'ok' }),
      '/readyz': async () => json(await readiness.check()),
      '/metrics': async (request, requestId) => ({
        type: 'text/plain; version=0.0.4; charset=utf-8',
        body: await exposition.read(request.headers.authorization, originOf(request, requestId)),
      }),
    };
  }

  /** A port in use is logged as an error and does not stop the worker: it works without probes. */
  async onApplicationBootstrap(): Promise<void> {
    const { WORKER_HEALTH_PORT, HOST } = this.settings;
    try {
      this.server.listen(WORKER_HEALTH_PORT, HOST);
      await once(this.server, 'listening');
      this.logger.log(`health and metrics on port ${(this.server.address() as AddressInfo).port}`);
    } catch (error) {
      const reason = `${HOST}:${WORKER_HEALTH_PORT} cannot be listened on (${(error as NodeJS.ErrnoException).code})`;
      this.logger.error(`${reason}; the worker goes on without health and metrics. Set WORKER_HEALTH_PORT.`);
    }
  }

  onApplicationShutdown(): void {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const id = requestIdOf(request);
    response.setHeader('X-Request-Id', id);
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Content-Security-Policy', "default-src 'none'");
    try {
      const { type, body } = await this.route(request, id);
      response.writeHead(200, { 'Content-Type': type }).end(request.method === 'HEAD' ? undefined : body);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === 'internal') this.logger.error({ err: thrown }, 'a probe failed');
      response
        .writeHead(error.status, { ...error.headers, 'Content-Type': 'application/problem+json' })
        .end(JSON.stringify(toProblem(error, id)));
    }
  }

  private route(request: IncomingMessage, id: string): ReturnType<Route> {
    const route = this.routes[request.url?.split('?', 1)[0] ?? ''];
    if (!route) throw new AppError('route.not_found');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      throw new AppError('route.method_not_allowed', { headers: { Allow: 'GET' } });
    return route(request, id);
  }
}

/** No proxy is believed: operators and their tools reach the worker directly. */
function originOf({ socket, headers }: IncomingMessage, requestId: string): RequestOrigin {
  const ip = parseAddress(socket.remoteAddress ?? '') ?? 'unknown';
  return { ip, userAgent: headers['user-agent'] ?? null, requestId };
}

const json = (value: unknown) => ({ type: 'application/json; charset=utf-8', body: JSON.stringify(value) });
