const HTTP_DATE = /^[A-Z][a-z]+, [\w: -]+ GMT$/;

/**
 * The wait that a response demands in its Retry-After header (RFC 9110, 10.2.3), in milliseconds: a number of seconds, or a
 * date, which is compared with the date of the response where it has one, since clocks differ.
 * @param now milliseconds since 1970
 * @returns undefined without a header, or with one that is neither
 */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1_000);
  const until = readDate(value);
  if (until === undefined) return undefined;
  return Math.max(0, until - (readDate(headers.get('date') ?? '') ?? now));
}

function readDate(value: string): number | undefined {
  const time = HTTP_DATE.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : time;
}
