const DAY = 86_400_000;

/** The start of the next UTC day: when the day's prompts are counted anew. */
export function nextReset(now: Date): Date {
  return new Date((Math.floor(now.getTime() / DAY) + 1) * DAY);
}

/** The UTC day as PostgreSQL writes a date. */
export function utcDay(now: Date): string {
  return now.toISOString().slice(0, 10);
}

/** Prompts left; null for no limit. Never negative, also after a downgrade. */
export function remaining(limit: number | null, used: number): number | null {
  return limit === null ? null : Math.max(0, limit - used);
}
