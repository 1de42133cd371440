import { addMonths, periodEnd } from './calendar.js';

const at = (text: string) => Date.parse(`${text}T10:00:00Z`) / 1000;

describe('billing periods', () => {
  it('ends on the last day of a shorter month and comes back to the anchor day', () => {
    const anchor = at('2026-01-31');
    expect(periodEnd(anchor, 'month', 1, anchor)).toBe(at('2026-02-28'));
    expect(periodEnd(anchor, 'month', 1, at('2026-02-28'))).toBe(at('2026-03-31'));
  });

  it('counts leap days, years and weeks', () => {
    expect(addMonths(at('2028-02-29'), 12)).toBe(at('2029-02-28'));
    expect(periodEnd(at('2026-03-01'), 'year', 1, at('2026-03-01'))).toBe(at('2027-03-01'));
    expect(periodEnd(at('2026-03-01'), 'week', 2, at('2026-03-01'))).toBe(at('2026-03-15'));
  });
});
