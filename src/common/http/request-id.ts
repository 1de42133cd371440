import type { IncomingMessage } from 'node:http';
import { v7 as uuidv7 } from 'uuid';

const VALID = /^[\x21-\x7e]{1,128}$/;

/** Keeps a caller's `X-Request-Id` when it is plain visible ASCII, else makes one. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && VALID.test(given) ? given : uuidv7();
}
