import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server whose every response is written byte by byte by the test. */
export class RawServer {
  private server!: Server;
  private answer: (response: ServerResponse) => void = (response) => response.end();
  /** Requests since the last `respond`. */
  requests = 0;

  /** Registers the hooks that start and stop it. */
  static use(): RawServer {
    const raw = new RawServer();
    beforeAll(() => raw.start());
    afterAll(() => raw.stop());
    return raw;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** How every request is answered from now on. */
  respond(answer: (response: ServerResponse) => void): void {
    this.answer = answer;
    this.requests = 0;
  }

  /** Answers with a whole event stream of these bytes. */
  stream(body: string | Buffer): void {
    this.respond((response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(body));
  }

  private async start(): Promise<void> {
    this.server = createServer((request, response) => {
      this.requests += 1;
      request.resume();
      this.answer(response);
    }).listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  private async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
