/**
 * What the worker publishes of a running reply and the API reads: a Redis stream to replay, a channel of the same entries to follow.
 * Only PostgreSQL says how a reply ended; an `end` entry is a hint to look there.
 */
export type ReplyEntry =
  /** A claim begins to generate: what earlier claims published is void. `attempt` counts from 1 within a run. */
  | { kind: 'begin'; claim: number; attempt: number }
  /** `text` stands at `offset` (UTF-16 code units) of the text generated under `claim`. */
  | { kind: 'delta'; claim: number; attempt: number; offset: number; text: string }
  | { kind: 'end'; claim: number };

/** The stream of one reply. The braces keep its keys in one slot of a Redis Cluster. */
export const replyStreamKey = (replyId: string) => `{reply:${replyId}}:stream`;

/** Where the same entries are published as they come, as JSON. */
export const replyChannel = (replyId: string) => `reply:${replyId}`;

/** Where a cancellation is told to whichever worker runs the reply: the message is the reply's id. */
export const CANCEL_CHANNEL = 'reply-cancel';

/** About so many entries are kept. The whole text is published again twice as often, so that the rest always tells it all. */
export const REPLY_STREAM_LENGTH = 256;

/** Seconds a stream outlives its last entry. */
export const REPLY_STREAM_LIFE = 600;

/** The one field of a Redis stream entry. */
const FIELD = 'e';

export const toStreamFields = (entry: ReplyEntry): [string, string] => [FIELD, JSON.stringify(entry)];

export const fromStreamFields = (fields: string[]): ReplyEntry => JSON.parse(fields[1] ?? '') as ReplyEntry;

export const toPublished = (entry: ReplyEntry): string => JSON.stringify(entry);

export const fromPublished = (message: string): ReplyEntry => JSON.parse(message) as ReplyEntry;
