/** Whether an `Accept` header (RFC 9110) names a media type, other than to refuse it with `q=0`. Wildcards name nothing. */
export function namesType(header: string | undefined, type: string): boolean {
  return (header ?? '').split(',').some((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return name === type && !parameters.some((parameter) => /^q\s*=\s*0(\.0*)?$/.test(parameter));
  });
}

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
