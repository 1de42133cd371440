import { toMessage, type MessageRow } from '../message.dto.js';
import { ENDING, LAST_RESTART, LAST_TEXT, toEventId, type Position } from './stream-position.js';

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
export interface Scene {
  events: StreamEvent[];
  position: Position;
}

/** The text so far, after a `restart` where another text was told before. */
export function whileRunning(position: Position, { claim, attempt, begun, text }: Running): Scene {
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
export function atTheEnd(position: Position, ended: Ended): Scene {
  const { row } = ended;
  return {
    events: [
      ...(row.content === null ? [] : rest(position, row.content, ended)),
      { id: toEventId(row.claim, ENDING), event: row.status, data: toMessage(row) },
    ],
    position: { claim: row.claim, offset: ENDING },
  };
}

function rest(position: Position, content: string, { row, consistent }: Ended): StreamEvent[] {
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
