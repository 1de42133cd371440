/**
 * How far a listener has come: `offset` UTF-16 code units of the text of `claim`. Null: it was told nothing yet.
 * An event's id is its position as one number, so that any process can go on from it, also after the reply ran again.
 */
export type Position = { claim: number; offset: number } | null;

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
export function fromEventId(id: string | undefined): Position {
  if (!id) return null;
  const number = /^\d{1,15}$/.test(id) ? Number(id) : -1;
  if (number < 0) return NOWHERE;
  if (number < CLAIM) return null;
  const offset = number % CLAIM;
  return { claim: Math.floor(number / CLAIM), offset: offset === LAST_RESTART ? 0 : offset };
}
