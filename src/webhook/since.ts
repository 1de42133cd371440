const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A moment as an operator writes it: ISO 8601, or so long ago (`90m`, `12h`, `3d`). @throws Error saying what is wanted */
export function parseSince(text: string | undefined, now = new Date()): Date {
  const [, count, unit = ''] = /^(\d+)([mhd])$/.exec(text ?? '') ?? [];
  const moment = count ? new Date(now.getTime() - Number(count) * (UNITS[unit] ?? 0)) : new Date(text ?? '');
  if (Number.isNaN(moment.getTime()) || moment > now) {
    throw new Error('--since wants a moment of the past: 2026-11-20T08:00:00Z, or 90m, 12h, 3d ago');
  }
  return moment;
}
