import { toMessage } from '../message/message.dto.js';
import type { ReplyRow } from '../message/message.sql.js';

/**
 * What a client has received: the first `offset` UTF-16 code units of the text of `claim`. Null: no text yet.
 * An event's id is the cursor after it as one number, so that any process can continue from it, also after a retry.
 */
export type StreamCursor = { claim: number; offset: number } | null;

/** More than any reply has code units. */
const CLAIM = 10_000_000;
/** Offsets after any text: a restart that only the final content made necessary, the text after it, the ending. */
export const LAST_RESTART = CLAIM - 3;
export const LAST_TEXT = CLAIM - 2;
export const ENDING = CLAIM - 1;

/** Smaller than any other id. */
export const ACCEPTED_ID = 1;

/** A claim that no text has: the next event is a restart. */
const UNKNOWN = { claim: -1, offset: 0 };

export const toEventId = (claim: number, offset: number): number => claim * CLAIM + offset;

/** The cursor of a client that sent this `Last-Event-ID`. An id that this product never gave leads to a restart. */
export function cursorOf(id: string | undefined): StreamCursor {
  if (!id) return null;
  const number = /^\d{1,15}$/.test(id) ? Number(id) : -1;
  if (number < 0) return UNKNOWN;
  if (number < CLAIM) return null;
  const offset = number % CLAIM;
  return { claim: Math.floor(number / CLAIM), offset: offset === LAST_RESTART ? 0 : offset };
}

/** What a process knows of a running reply. */
export interface RunningReply {
  claim: number;
  attempt: number;
  begun: boolean;
  text: string;
}

/** A reply that ended, as PostgreSQL has it. */
export interface EndedReply {
  row: ReplyRow;
  /** Whether the content begins with the text that was published under its claim. */
  consistent: boolean;
}

export interface StreamEvent {
  id: number;
  event: string;
  data: unknown;
}

/** The events that a client lacks, and its cursor after them. */
export interface StreamEvents {
  events: StreamEvent[];
  cursor: StreamCursor;
}

/** The text so far that the client lacks, after a `restart` where the client has text of another claim. */
export function eventsWhileRunning(
  cursor: StreamCursor,
  { claim, attempt, begun, text }: RunningReply,
): StreamEvents {
  if (!begun) return { events: [], cursor };
  const events: StreamEvent[] = [];
  let offset = cursor?.offset ?? 0;
  if (cursor && cursor.claim !== claim) {
    events.push({ id: toEventId(claim, 0), event: 'restart', data: { attempt } });
    offset = 0;
  }
  if (text.length > offset) {
    events.push({ id: toEventId(claim, text.length), event: 'delta', data: { text: text.slice(offset) } });
    offset = text.length;
  }
  return { events, cursor: { claim, offset } };
}

/** The content that the client lacks, and the ending: the deltas since the last restart are the content. */
export function eventsAtEnd(cursor: StreamCursor, ended: EndedReply): StreamEvents {
  const { row } = ended;
  return {
    events: [
      ...(row.content === null ? [] : missingText(cursor, row.content, ended)),
      { id: toEventId(row.claim, ENDING), event: row.status, data: toMessage(row) },
    ],
    cursor: { claim: row.claim, offset: ENDING },
  };
}

function missingText(cursor: StreamCursor, content: string, { row, consistent }: EndedReply): StreamEvent[] {
  const { claim, attempt } = row;
  const restart = (offset: number) => ({ id: toEventId(claim, offset), event: 'restart', data: { attempt } });
  const delta = (offset: number, text: string): StreamEvent[] =>
    text ? [{ id: toEventId(claim, offset), event: 'delta', data: { text } }] : [];
  if (!cursor) return delta(content.length, content);
  if (cursor.claim !== claim) return [restart(0), ...delta(content.length, content)];
  if (cursor.offset >= LAST_TEXT) return [];
  if (consistent && cursor.offset <= content.length)
    return delta(content.length, content.slice(cursor.offset));
  return [restart(LAST_RESTART), ...delta(LAST_TEXT, content)];
}

/** Events as `text/event-stream`. */
export function toFrames(events: StreamEvent[]): string {
  return events.map(({ id, event, data }) => toFrame(id, event, JSON.stringify(data))).join('');
}

/** One event. `json` is one line, as `JSON.stringify` makes it. */
export function toFrame(id: number, event: string, json: string): string {
  return `id: ${id}\nevent: ${event}\ndata: ${json}\n\n`;
}

/** Headers of a stream: never cached, not buffered by a proxy, and its connection is not used again. */
export const SSE_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no',
  Connection: 'close',
};
