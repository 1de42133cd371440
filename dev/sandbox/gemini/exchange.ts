import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { GoogleError } from './google-error.js';

/** The client went away while it was being answered. */
export class ClientGone extends Error {}

/** One request being answered, which the client may leave at any moment. */
export class Exchange {
  private readonly gone = new AbortController();

  constructor(
    readonly request: IncomingMessage,
    private readonly response: ServerResponse,
  ) {
    response.once('close', () => this.gone.abort());
    response.on('error', () => this.gone.abort());
  }

  /** Waits; throws ClientGone as soon as the client is. */
  async pause(ms: number): Promise<void> {
    if (ms > 0) await delay(ms, undefined, { signal: this.gone.signal }).catch(() => undefined);
    this.check();
  }

  /** Never answers; throws ClientGone when the client has had enough. */
  async hang(): Promise<never> {
    if (!this.gone.signal.aborted) await once(this.gone.signal, 'abort');
    throw new ClientGone();
  }

  /** Cuts the connection in the middle of whatever was being sent. */
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

  /** Sends one server-sent event, if asked to in two pieces that part a multi-byte character. */
  async event(data: unknown, splitBytes = false): Promise<void> {
    if (!this.response.headersSent) {
      this.response.writeHead(200, {
        'content-type': 'text/event-stream',
        'content-disposition': 'attachment',
      });
    }
    const bytes = Buffer.from(`data: ${oneLine(data)}\r\n\r\n`);
    const wide = splitBytes ? bytes.findIndex((byte) => byte > 0x7f) : -1;
    if (wide >= 0) {
      await this.write(bytes.subarray(0, wide + 1));
      await this.pause(1);
    }
    await this.write(bytes.subarray(wide + 1));
  }

  end(): void {
    this.check();
    this.response.end();
  }

  private async write(bytes: Buffer): Promise<void> {
    this.check();
    const drained = this.response.write(bytes);
    if (!drained) await once(this.response, 'drain', { signal: this.gone.signal }).catch(() => undefined);
    this.check();
  }

  private check(): void {
    if (this.gone.signal.aborted) throw new ClientGone();
  }
}

/** Clients read an event line by line, some with patterns that end a line at U+2028 or U+2029 too: escaped, as Google does. */
function oneLine(data: unknown): string {
  return JSON.stringify(data).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
