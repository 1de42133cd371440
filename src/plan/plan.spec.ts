import { chooseBest, isLive, tierOf } from './plan.js';

const day = 86_400_000;
const now = new Date('2026-11-21T12:00:00Z');
const daysAgo = (days: number) => new Date(now.getTime() - days * day);

describe('the tier', () => {
  it('is Basic for a person who never paid', () => {
    expect(tierOf(null, 3, now)).toBe('basic');
  });

  it.each(['active', 'trialing'])('is Pro while %s, however old the period is', (status) => {
    expect(tierOf({ status, currentPeriodStart: daysAgo(400), withheld: null }, 0, now)).toBe('pro');
  });

  it.each(['canceled', 'unpaid', 'paused', 'incomplete', 'incomplete_expired', 'something_new'])(
    'is Basic when %s',
    (status) => {
      expect(tierOf({ status, currentPeriodStart: daysAgo(0), withheld: null }, 3, now)).toBe('basic');
    },
  );

  it.each(['active', 'trialing', 'past_due'])('is Basic when Pro is withheld while %s', (status) => {
    expect(tierOf({ status, currentPeriodStart: daysAgo(0), withheld: 'refunded' }, 3, now)).toBe('basic');
  });

  it('is Pro when past due until the grace is over, to the millisecond', () => {
    const at = (start: Date) =>
      tierOf({ status: 'past_due', currentPeriodStart: start, withheld: null }, 3, now);
    expect(at(new Date(daysAgo(3).getTime() + 1))).toBe('pro');
    expect(at(daysAgo(3))).toBe('basic');
    expect(tierOf({ status: 'past_due', currentPeriodStart: now, withheld: null }, 0, now)).toBe('basic');
  });
});

describe('the best of several subscriptions', () => {
  const one = (status: string, endsInDays: number, ends = false, withheld: string | null = null) => ({
    status,
    withheld,
    currentPeriodStart: daysAgo(1),
    currentPeriodEnd: daysAgo(-endsInDays),
    endsAt: ends ? daysAgo(-endsInDays) : null,
  });

  it('is none when all are over', () => {
    expect(chooseBest([])).toBeNull();
    expect(chooseBest([one('canceled', 20), one('incomplete_expired', 20)])).toBeNull();
    expect(isLive('past_due')).toBe(true);
  });

  it('is the entitling one, wherever it stands in the list', () => {
    const active = one('active', 2);
    for (const other of ['canceled', 'past_due', 'unpaid', 'paused', 'incomplete']) {
      expect(chooseBest([one(other, 30), active])).toBe(active);
      expect(chooseBest([active, one(other, 30)])).toBe(active);
    }
  });

  it('is withheld only where every other one is', () => {
    const refunded = one('active', 30, false, 'refunded');
    for (const other of [one('active', 2, true), one('past_due', 2), one('unpaid', 2)])
      expect(chooseBest([refunded, other])).toBe(other);
    expect(chooseBest([refunded])).toBe(refunded);
  });

  it('is the one that lasts longer among equals', () => {
    const renewing = one('active', 2);
    const ending = one('active', 30, true);
    expect(chooseBest([ending, renewing])).toBe(renewing);
    const later = one('active', 9);
    expect(chooseBest([renewing, later])).toBe(later);
  });
});
