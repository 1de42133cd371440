import { inequalities, timing } from './timing.js';

const DEFAULTS = { TIME_SCALE: 1, GEMINI_TIMEOUT_SECONDS: 120, GEMINI_IDLE_TIMEOUT_SECONDS: 30 };

describe('timing', () => {
  it.each(inequalities(timing(DEFAULTS)).map(([smaller, larger, why]) => [why, smaller, larger] as const))(
    '%s: %d <= %d',
    (_, smaller, larger) => expect(smaller).toBeLessThanOrEqual(larger),
  );

  it('shortens waiting times by the scale, and no limit of a dependency', () => {
    const short = timing({ ...DEFAULTS, TIME_SCALE: 0.1 });
    expect(short.work).toMatchObject({ lease: 900, heartbeat: 300, recoveryPoll: 100, drain: 2_500 });
    expect(short.retention.interval).toBe(60_000);
    expect(short.postgres).toEqual(timing(DEFAULTS).postgres);
    expect(short.redis).toEqual(timing(DEFAULTS).redis);
  });

  it('never makes an interval of 0', () => {
    expect(timing({ ...DEFAULTS, TIME_SCALE: 0.000_1 }).reply.flush).toBe(1);
  });
});
