import { METHODS } from 'node:http';
import type { ApiDocument } from '../answer/document.js';
import type { Exchange } from '../answer/exchange.js';
import type { System } from '../../support/system.js';
import { ROLES, type Principals, type Role } from './principals.js';
import { write, type Request } from './request.js';
import { speak } from '../../support/wire.js';

/** Sends a request, and where it is about another's things also the same about nobody's. */
export async function exchange(
  system: System,
  principals: Principals,
  document: ApiDocument,
  asked: Request,
): Promise<Exchange> {
  const url = system.apis[0]?.url ?? '';
  const answer = await speak(url, write(asked, principals));
  const whole = asked.cut === undefined && asked.gibberish === undefined;
  const other = whole ? othersOf(asked) : undefined;
  return {
    method: asked.method,
    operation: whole ? document.find(asked.method, principals.fill(asked.target)) : undefined,
    whole,
    signedIn: asked.who !== 'nobody',
    requestIds: whole && isHttp(asked) ? requestIdsOf(asked) : [],
    answer,
    twin: other ? await speak(url, write(asked, principals, other)) : undefined,
    foreign: ROLES.filter((role) => role !== asked.who).map((role) => principals.canary(role)),
    secrets: principals.secrets(),
  };
}

/** Whose things the path names, other than the asker's own. */
function othersOf({ who, target }: Request): Role | undefined {
  return ROLES.find((role) => role !== who && target.includes(`«${role}.`));
}

/** Node reads 16 KiB of a request's head. */
const MAX_TARGET = 12_000;

/** Where the method is none, or the head has a control character or no end, nobody reads any of the headers. */
const isHttp = ({ method, target, headers }: Request): boolean =>
  METHODS.includes(method) &&
  target.length < MAX_TARGET &&
  !headers.some(([, value]) => /\p{Cc}/u.test(value));

const requestIdsOf = ({ headers }: Request): string[] =>
  headers.flatMap(([name, value]) => (name === 'X-Request-Id' ? [value.trim()] : []));
