import { nextReconciliation } from './next-reconciliation.js';

const now = new Date('2026-11-21T12:00:00Z');
const hours = (count: number) => count * 3_600_000;
const ago = (count: number) => new Date(now.getTime() - hours(count));

describe('the next comparison with Stripe', () => {
  const wait = (changedAt: Date, live: boolean, hasAccount = true, inFull = true) => {
    const at = nextReconciliation({ now, changedAt, live, inFull, hasAccount });
    return at && at.getTime() - now.getTime();
  };

  it('is soon after a change, with and without a live subscription', () => {
    expect(wait(ago(1), true)).toBe(hours(0.25));
    expect(wait(ago(47), false)).toBe(hours(0.25));
  });

  it('is a minute later, repeatedly, while a request of a deleted account may still run', () => {
    expect(wait(ago(0), false, false)).toBe(hours(1 / 60));
    expect(wait(ago(4 / 60), false, false)).toBe(hours(1 / 60));
    expect(wait(ago(6 / 60), false, false)).toBe(hours(0.25));
  });

  it("is a minute later for a payer after the sync of a request, which may have replaced a fuller one's result", () => {
    expect(wait(ago(1), true, true, false)).toBe(hours(1 / 60));
    expect(wait(ago(49), true, true, false)).toBe(hours(1 / 60));
    expect(wait(ago(49), false, true, false)).toBeNull();
  });

  it('is a few times a day while a subscription is live, and never after a long time without one', () => {
    expect(wait(ago(49), true)).toBe(hours(6));
    expect(wait(ago(49), false)).toBeNull();
  });
});
