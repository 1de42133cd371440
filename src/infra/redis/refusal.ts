import { reasonOf } from '../../common/outage-log.js';

/** The code of a refusal by Redis, such as `NOPERM` or `READONLY`; null for any other error, which may name an address. */
export function refusalCode(error: unknown): string | null {
  return /^[A-Z]{3,}\b/.exec(reasonOf(error))?.[0] ?? null;
}
