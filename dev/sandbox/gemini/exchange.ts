import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { GOOGLE_FORM, writeEvent, type EventForm } from './event-form.js';
import type { GoogleError } from './google-error.js';

/** The client disconnected before the end of the response. */
export class ClientDisconnected extends Error {}

/** One HTTP request and its response; the client may disconnect at any time. */
export class Exchange {
  private readonly disconnected = new AbortController();
  private events = 0;

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

  /**
   * Sends nothing until the client disconnects, or nothing but comments.
   * @param commentsEvery milliseconds between two comments; undefined: none
   * @throws ClientDisconnected then
   */
  async hang(commentsEvery?: number): Promise<never> {
    while (commentsEvery !== undefined) {
      this.openStream();
      await this.write(Buffer.from(': still here\n\n'));
      await this.pause(commentsEvery);
    }
    if (!this.disconnected.signal.aborted) await once(this.disconnected.signal, 'abort');
    throw new ClientDisconnected();
  }

  /** Closes the connection in the middle of the response. */
  cut(): void {
    this.response.destroy();
  }

  json(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.check();
    this.response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers });
    this.response.end(JSON.stringify(body, null, 2));
  }

  refuse(error: GoogleError, headers?: Record<string, string>): void {
    this.json(error.code, { error }, headers);
  }

  /** Sends one server-sent event. @param splitBytes in two pieces, split inside a multi-byte character */
  async event(data: unknown, form: EventForm = GOOGLE_FORM, splitBytes = false): Promise<void> {
    this.openStream();
    const bytes = Buffer.from(writeEvent(data, form, this.events++));
    for (const piece of pieces(bytes, form.bytes, splitBytes)) {
      await this.write(piece);
      if (splitBytes) await this.pause(1);
    }
  }

  end(): void {
    this.check();
    this.response.end();
  }

  private openStream(): void {
    if (this.response.headersSent) return;
    this.response.writeHead(200, {
      'content-type': 'text/event-stream',
      'content-disposition': 'attachment',
    });
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

function pieces(bytes: Buffer, each: boolean, splitBytes: boolean): Buffer[] {
  if (each) return Array.from(bytes, (byte) => Buffer.of(byte));
  const split = splitBytes ? bytes.findIndex((byte) => byte > 0x7f) + 1 : 0;
  return split > 0 ? [bytes.subarray(0, split), bytes.subarray(split)] : [bytes];
}
