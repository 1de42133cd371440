/** Seconds. */
export const MAX_WAIT = 60;

/** The seconds of `wait` in a `Prefer` header (RFC 7240), at most `MAX_WAIT`; undefined where there is no such wish. */
export function preferredWait(header: string | undefined): number | undefined {
  const found = header
    ?.split(',')
    .map((preference) => /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?$/i.exec(preference)?.[1])
    .find((seconds) => seconds !== undefined);
  return found === undefined ? undefined : Math.min(Number(found), MAX_WAIT);
}
