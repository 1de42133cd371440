import { type MessageRow, toMessage } from '../message/message.dto.js';

/**
 * How far a listener has come: `offset` UTF-16 code units of the text of `claim`. Null: it was told nothing yet.
 * An event's id is its position as one number, so that any process can go on from it, also after the reply ran again.
 */
export type StreamCursor = { claim: number; offset: number } | null;

/** More than any reply has code units. */
const CLAIM = 10_000_000;
/** Places after any text: a restart that only the ending made necessary, the text after it, the ending. */
export const LAST_RESTART = CLAIM - 3;
export const LAST_TEXT = CLAIM - 2;
export const ENDING = CLAIM - 1;

/** Smaller than any other. */
export const ACCEPTED_ID = 1;

/** A claim that no text has: whoever comes from there has to begin anew. */
const NOWHERE = { claim: -1, offset: 0 };

export const toEventId = (claim: number, offset: number): number => claim * CLAIM + offset;

/** Where the listener stands that saw this `Last-Event-ID`. What is no id of ours is a place nobody knows. */
export function cursorOf(id: string | undefined): StreamCursor {
  if (!id) return null;
  const number = /^\d{1,15}$/.test(id) ? Number(id) : -1;
  if (number < 0) return NOWHERE;
  if (number < CLAIM) return null;
  const offset = number % CLAIM;
  return { claim: Math.floor(number / CLAIM), offset: offset === LAST_RESTART ? 0 : offset };
}

/** What is known of a running reply. */
export interface Running {
  claim: number;
  attempt: number;
  begun: boolean;
  text: string;
}

/** A reply as PostgreSQL says that it ended. */
export interface Ended {
  row: MessageRow & { claim: number; attempt: number };
  /** Whether what was published under that claim is how the content begins. */
  consistent: boolean;
}

export interface StreamEvent {
  id: number;
  event: string;
  data: unknown;
}

/** What a listener is told next, and where it stands then. */
export interface StreamEvents {
  events: StreamEvent[];
  position: StreamCursor;
}

/** The text so far, after a `restart` where another text was told before. */
export function eventsWhileRunning(
  position: StreamCursor,
  { claim, attempt, begun, text }: Running,
): StreamEvents {
  if (!begun) return { events: [], position };
  const events: StreamEvent[] = [];
  let offset = position?.offset ?? 0;
  if (position && position.claim !== claim) {
    events.push({ id: toEventId(claim, 0), event: 'restart', data: { attempt } });
    offset = 0;
  }
  if (text.length > offset) {
    events.push({ id: toEventId(claim, text.length), event: 'delta', data: { text: text.slice(offset) } });
    offset = text.length;
  }
  return { events, position: { claim, offset } };
}

/** What is missing of the content, and the ending: the deltas since the last restart are the content. */
export function eventsAtEnd(position: StreamCursor, ended: Ended): StreamEvents {
  const { row } = ended;
  return {
    events: [
      ...(row.content === null ? [] : rest(position, row.content, ended)),
      { id: toEventId(row.claim, ENDING), event: row.status, data: toMessage(row) },
    ],
    position: { claim: row.claim, offset: ENDING },
  };
}

function rest(position: StreamCursor, content: string, { row, consistent }: Ended): StreamEvent[] {
  const { claim, attempt } = row;
  const restart = (offset: number) => ({ id: toEventId(claim, offset), event: 'restart', data: { attempt } });
  const delta = (offset: number, text: string): StreamEvent[] =>
    text ? [{ id: toEventId(claim, offset), event: 'delta', data: { text } }] : [];
  if (!position) return delta(content.length, content);
  if (position.claim !== claim) return [restart(0), ...delta(content.length, content)];
  if (position.offset >= LAST_TEXT) return [];
  if (consistent && position.offset <= content.length)
    return delta(content.length, content.slice(position.offset));
  return [restart(LAST_RESTART), ...delta(LAST_TEXT, content)];
}

/** Events as `text/event-stream`. JSON has no line breaks of its own. */
export function toFrames(events: StreamEvent[]): string {
  return events.map(({ id, event, data }) => toFrame(id, event, JSON.stringify(data))).join('');
}

/** `json` is one line. */
export function toFrame(id: number, event: string, json: string): string {
  return `id: ${id}\nevent: ${event}\ndata: ${json}\n\n`;
}

/** Beside what every answer carries: never stored, never held back by a proxy, and nothing comes after it. */
export const SSE_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no',
  Connection: 'close',
};
