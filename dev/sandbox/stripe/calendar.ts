import type { Interval } from './wire/catalog.js';

const day = 86_400;

/**
 * The end of the billing period that contains `after`, counted from the anchor so that a subscription begun on
 * the 31st is billed on the last day of shorter months and on the 31st again. Unix seconds, UTC.
 */
export function periodEnd(anchor: number, interval: Interval, count: number, after: number): number {
  for (let step = 1; ; step++) {
    const end = shift(anchor, interval, count * step);
    if (end > after) return end;
  }
}

function shift(anchor: number, interval: Interval, by: number): number {
  if (interval === 'day') return anchor + by * day;
  if (interval === 'week') return anchor + by * 7 * day;
  return addMonths(anchor, interval === 'year' ? by * 12 : by);
}

/** The same moment `months` later, or the last day of that month if it is shorter. */
export function addMonths(time: number, months: number): number {
  const from = new Date(time * 1000);
  const lastDay = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months + 1, 0)).getUTCDate();
  const to = new Date(time * 1000);
  to.setUTCDate(1);
  to.setUTCMonth(from.getUTCMonth() + months);
  to.setUTCDate(Math.min(from.getUTCDate(), lastDay));
  return to.getTime() / 1000;
}
