import type { Answer } from '../support/client.js';

export type Action = 'prompt' | 'cancel' | 'retry' | 'read' | 'list';

/** One request and what came of it. Times in milliseconds since the epoch. */
export interface Entry {
  action: Action;
  api: number;
  startedAt: number;
  endedAt: number;
  /** Null: no answer came, the outcome is unknown. */
  status: number | null;
  code?: string;
  retryAfter?: string | null;
  contentType?: string | null;
  body?: any;
  text?: string;
  /** Why there was no answer. */
  failure?: string;
  /** Of a prompt: the words nobody else says. Of the others: the reply it is about. */
  about?: string;
}

/** Longer than any request may take: what comes later counts as unknown. */
const GIVE_UP = 8_000;

/** Everything one round's users asked for. */
export class Journal {
  readonly entries: Entry[] = [];

  /** Sends a request and writes down what came of it; never throws. */
  async record(
    action: Action,
    api: number,
    about: string,
    send: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Entry> {
    const startedAt = Date.now();
    const entry: Entry = { action, api, about, startedAt, endedAt: 0, status: null };
    try {
      const answer = await send(AbortSignal.timeout(GIVE_UP));
      entry.status = answer.status;
      entry.code = answer.body?.code;
      entry.body = answer.body;
      entry.text = answer.text;
      entry.retryAfter = answer.headers.get('retry-after');
      entry.contentType = answer.headers.get('content-type');
    } catch (error) {
      const cause = (error as { cause?: { code?: string } }).cause?.code;
      entry.failure = cause ?? (error as Error).message;
    }
    entry.endedAt = Date.now();
    this.entries.push(entry);
    return entry;
  }
}

/** Whether the product may or may not have done it. */
export const isUnknown = ({ status, code }: Entry) => status === null || code === 'service.unavailable';

/** Whether it said that it did. */
export const isDone = ({ status }: Entry) => status !== null && status < 300;
