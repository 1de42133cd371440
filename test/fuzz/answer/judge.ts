import {
  closedDoor,
  declaredSuccess,
  foreignIsMissing,
  noServerError,
  noStore,
  nothingForeign,
  nothingInternal,
  requestId,
} from './answer-invariants.js';
import type { Exchange, Invariant } from './exchange.js';
import { challenge, declaredCode, problemForm, retryAfter, sameStatus } from './problem-invariants.js';

/** What must be true of every answer. */
export const INVARIANTS: Record<string, Invariant> = {
  'no server error': noServerError,
  'the form of an error': problemForm,
  'status and code': sameStatus,
  'a declared code': declaredCode,
  'X-Request-Id': requestId,
  'Cache-Control': noStore,
  'Retry-After': retryAfter,
  'WWW-Authenticate': challenge,
  'nothing of the inside': nothingInternal,
  'a declared success': declaredSuccess,
  'nothing of others': nothingForeign,
  "another's is nobody's": foreignIsMissing,
  'no way in without a session': closedDoor,
};

export interface Violation {
  invariant: string;
  /** What was wrong. */
  fault: string;
}

/** Every invariant that an exchange breaks. */
export function judge({ answer, ...exchange }: Exchange): Violation[] {
  if (!answer)
    return exchange.whole ? [{ invariant: 'an answer', fault: 'the connection closed without one' }] : [];
  return Object.entries(INVARIANTS).flatMap(([invariant, check]) => {
    const fault = check({ ...exchange, answer });
    return fault === undefined ? [] : [{ invariant, fault }];
  });
}
