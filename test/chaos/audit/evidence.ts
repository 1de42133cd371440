import type { Call } from '../../../dev/sandbox/gemini/journal.js';
import type { Entry } from '../journal.js';
import type { Change } from '../ledger.js';
import type { Disturbances } from '../disturbances.js';
import type { Person } from '../person.js';
import type { Prompt } from '../prompt.js';

/** A message as it lies in the database in the end. */
export interface Row {
  id: string;
  roomId: string;
  userId: string;
  number: number;
  role: 'user' | 'model';
  status: string;
  content: string | null;
  replyTo: string | null;
  errorCode: string | null;
  cached: boolean;
  claim: number;
}

/** All that is known of one round: what its users saw, what the database kept and went through, what Gemini was asked. */
export interface Evidence {
  people: Person[];
  entries: Entry[];
  rows: Row[];
  changes: Change[];
  /** What the day's counters stood at in the end, and at most, and the refunds, by user. */
  used: Map<string, { used: number; most: number; refunded: number }>;
  /** Calls to Gemini by the tag of the prompt they answer, oldest first. */
  calls: Map<string, Call[]>;
  disturbances: Disturbances;
  /** Milliseconds the auditor itself was late by at worst: requests seem that much longer. */
  lag: number;
}

/** One prompt with everything that belongs to it. */
export interface Story {
  prompt: Prompt;
  /** Requests that sent it. */
  sent: Entry[];
  messages: Row[];
  replies: Row[];
  changes: Change[];
  calls: Call[];
}

export function storiesOf({ people, entries, rows, changes, calls }: Evidence): Story[] {
  return people.flatMap(({ prompts }) =>
    prompts.map((prompt) => {
      const messages = rows.filter(({ role, content }) => role === 'user' && content === prompt.content);
      const ids = messages.map(({ id }) => id);
      const replies = rows.filter(({ replyTo }) => replyTo !== null && ids.includes(replyTo));
      return {
        prompt,
        sent: entries.filter(({ action, about }) => action === 'prompt' && about === prompt.tag),
        messages,
        replies,
        changes: changes.filter(({ replyId }) => replies.some(({ id }) => id === replyId)),
        calls: calls.get(prompt.tag) ?? [],
      };
    }),
  );
}

const FINAL = ['completed', 'failed', 'cancelled', 'incomplete'];
export const RETRYABLE = ['failed', 'cancelled', 'incomplete'];
export const isFinal = (status: string | null) => FINAL.includes(status ?? '');
export const isRetry = ({ was, became }: Change) => became === 'queued' && was !== null;
