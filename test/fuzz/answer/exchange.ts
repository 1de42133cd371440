import type { Answer } from '../../support/wire.js';
import type { Operation } from './document.js';

/** One request and what came back, with what the judge has to know. */
export interface Exchange {
  method: string;
  operation: Operation | undefined;
  /** The request was whole and well-formed HTTP: it has a right to an answer. */
  whole: boolean;
  /** Somebody's good token came with it. */
  signedIn: boolean;
  /** The request ids that came with it. */
  requestIds: string[];
  answer: Answer | null;
  /** The same request for what nobody has, where it was for somebody else's. */
  twin: Answer | null | undefined;
  /** What only others may read. */
  foreign: string[];
  /** What nobody may read. */
  secrets: string[];
}

/** Says what is wrong with an exchange, or nothing. */
export type Invariant = (exchange: Exchange & { answer: Answer }) => string | undefined;

export const header = ({ headers }: Answer, name: string): string | undefined =>
  headers.get(name)?.join(', ');

export const isJson = (answer: Answer): boolean => /[/+]json\b/.test(header(answer, 'content-type') ?? '');

/** A body as JSON; undefined when it is none. */
export function parse({ body }: Answer): any {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
