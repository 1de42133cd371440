import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { GoogleError } from './google-error.js';

/** The client disconnected before the end of the response. */
export class ClientDisconnected extends Error {}

/** One HTTP request and its response; the client may disconnect at any time. */
export class Exchange {
  private readonly disconnected = new AbortController();

  constructor(
    readonly request: IncomingMessage,
    private readonly response: ServerResponse,
  ) {
    response.once('close', () => this.disconnected.abort());
    response.on('error', () => this.disconnected.abort());
  }

  /** @throws ClientDisconnected as soon as the client disconnects */
  async pause(ms: number): Promise<void> {
    if (ms > 0) await delay(ms, undefined, { signal: this.disconnected.signal }).catch(() => undefined);
    this.check();
  }

  /** Sends nothing until the client disconnects. @throws ClientDisconnected then */
  async hang(): Promise<never> {
    if (!this.disconnected.signal.aborted) await once(this.disconnected.signal, 'abort');
    throw new ClientDisconnected();
  }

  /** Closes the connection in the middle of the response. */
  cut(): void {
    this.response.destroy();
  }

  json(status: number, body: unknown): void {
    this.check();
    this.response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' });
    this.response.end(JSON.stringify(body, null, 2));
  }

  refuse(error: GoogleError): void {
    this.json(error.code, { error });
  }

  /** Sends one server-sent event. @param splitBytes in two pieces, split inside a multi-byte character */
  async event(data: unknown, splitBytes = false): Promise<void> {
    if (!this.response.headersSent) {
      this.response.writeHead(200, {
        'content-type': 'text/event-stream',
        'content-disposition': 'attachment',
      });
    }
    const bytes = Buffer.from(`data: ${oneLine(data)}\r\n\r\n`);
    const split = splitBytes ? bytes.findIndex((byte) => byte > 0x7f) : -1;
    if (split >= 0) {
      await this.write(bytes.subarray(0, split + 1));
      await this.pause(1);
    }
    await this.write(bytes.subarray(split + 1));
  }

  end(): void {
    this.check();
    this.response.end();
  }

  private async write(bytes: Buffer): Promise<void> {
    this.check();
    const drained = this.response.write(bytes);
    if (!drained)
      await once(this.response, 'drain', { signal: this.disconnected.signal }).catch(() => undefined);
    this.check();
  }

  private check(): void {
    if (this.disconnected.signal.aborted) throw new ClientDisconnected();
  }
}

/** Some clients end a line at U+2028 and U+2029 too: they are escaped, as Google does. */
function oneLine(data: unknown): string {
  return JSON.stringify(data).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
