import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Exchange } from './exchange.js';
import { route } from './route.js';
import { Sandbox, type SandboxOptions } from './sandbox.js';

export interface GeminiSandbox extends Sandbox {
  server: Server;
  /** @returns the URL; port 0 takes a free port */
  listen(port?: number, host?: string): Promise<string>;
  /** Stops at once and closes all connections. */
  close(): Promise<void>;
}

/** A server with Gemini's REST wire format that composes replies itself and injects faults on request. */
export function createGeminiSandbox(options: SandboxOptions = {}): GeminiSandbox {
  const sandbox = new Sandbox(options);
  const server = createServer({ keepAliveTimeout: 60_000, noDelay: true }, (request, response) => {
    void serve(sandbox, request, response);
  });
  return Object.assign(sandbox, {
    server,
    listen: (port = 0, host = '127.0.0.1') => listen(server, port, host),
    close: () => close(server),
  });
}

async function serve(sandbox: Sandbox, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    await route(sandbox, new Exchange(request, response));
  } catch (error) {
    // Only a bug of the sandbox reaches this, or a client that disconnected within its own request.
    if (!request.destroyed) console.error(error);
    response.destroy();
  }
}

async function listen(server: Server, port: number, host: string): Promise<string> {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
