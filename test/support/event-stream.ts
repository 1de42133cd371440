import type { Client } from './client.js';
import { eventually } from './eventually.js';

export interface StreamedEvent {
  id: number;
  event: string;
  data: any;
  /** Milliseconds of `performance.now()` at which it was read. */
  at: number;
}

interface Options {
  method?: 'GET' | 'POST';
  body?: unknown;
  lastEventId?: number | string;
}

/** Reads server-sent events as a browser does, for as long as it is asked to. */
export class EventStream {
  readonly events: StreamedEvent[] = [];
  comments = 0;
  closed = false;
  private readonly abort = new AbortController();
  private constructor(readonly response: Response) {}

  /** @throws Error with the body when the answer is no stream */
  static async open(client: Client, path: string, options: Options = {}): Promise<EventStream> {
    const { method = 'GET', body, lastEventId } = options;
    const abort = new AbortController();
    const response = await client.raw(method, path, {
      signal: abort.signal,
      headers: {
        Accept: 'text/event-stream',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(lastEventId !== undefined && { 'Last-Event-ID': String(lastEventId) }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.headers.get('content-type')?.startsWith('text/event-stream'))
      throw new Error(`${response.status} ${await response.text()}`);
    const stream = new EventStream(response);
    stream.abort.signal.addEventListener('abort', () => abort.abort());
    void stream.read();
    return stream;
  }

  get names(): string[] {
    return this.events.map(({ event }) => event);
  }

  get lastId(): number | undefined {
    return this.events.at(-1)?.id;
  }

  /** The deltas since the last restart, joined. */
  get text(): string {
    return textOf(this.events);
  }

  /** Waits for the first event of that name. */
  event(name: string, timeout?: number): Promise<StreamedEvent> {
    return eventually(`event ${name}`, () => this.events.find(({ event }) => event === name), timeout);
  }

  /** Waits until the server closed, and returns the last event. */
  async ending(timeout?: number): Promise<StreamedEvent> {
    await eventually('the end of the stream', () => this.closed, timeout);
    const last = this.events.at(-1);
    if (!last) throw new Error('the stream ended without an event');
    return last;
  }

  hangUp(): void {
    this.abort.abort();
  }

  private async read(): Promise<void> {
    let buffered = '';
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body ?? []) {
        const blocks = (buffered + decoder.decode(chunk, { stream: true })).split('\n\n');
        buffered = blocks.pop() ?? '';
        for (const block of blocks) this.take(block);
      }
    } catch {
      // Cut off, by us or by a server that died.
    }
    this.closed = true;
  }

  private take(block: string): void {
    if (block.startsWith(':')) {
      this.comments++;
      return;
    }
    const fields = new Map(
      block.split('\n').map((line) => {
        const at = line.indexOf(': ');
        return [line.slice(0, at), line.slice(at + 2)] as const;
      }),
    );
    this.events.push({
      id: Number(fields.get('id')),
      event: fields.get('event') ?? '',
      data: JSON.parse(fields.get('data') ?? 'null'),
      at: performance.now(),
    });
  }
}

/** The deltas since the last restart, joined. */
export function textOf(events: StreamedEvent[]): string {
  const from = events.map(({ event }) => event).lastIndexOf('restart') + 1;
  return events
    .slice(from)
    .filter(({ event }) => event === 'delta')
    .map(({ data }) => data.text)
    .join('');
}

export const isEnding = ({ event }: StreamedEvent): boolean =>
  ['completed', 'failed', 'cancelled', 'incomplete'].includes(event);
