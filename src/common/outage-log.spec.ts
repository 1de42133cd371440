import { OutageLog, reasonOf } from './outage-log.js';

describe('OutageLog', () => {
  let lines: string[];
  let outage: OutageLog;

  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    lines = [];
    outage = new OutageLog(
      { warn: (line) => lines.push(`WARN ${line}`), log: (line) => lines.push(`LOG ${line}`) },
      'jobs are not queued',
    );
  });
  afterEach(() => jest.useRealTimers());

  const fail = (times: number) => {
    for (let n = 0; n < times; n += 1) outage.failed(new Error('connect ECONNREFUSED'));
  };

  it('logs the first failure with its reason, and the recovery with the count and the duration', () => {
    outage.recovered();
    fail(200);
    jest.advanceTimersByTime(1_500);
    outage.recovered();
    outage.recovered();
    expect(lines).toEqual([
      'WARN jobs are not queued: connect ECONNREFUSED',
      'LOG jobs are not queued: over after 1.5 s, failures: 200',
    ]);
  });

  it('sums up once a minute while it lasts', () => {
    for (let second = 0; second < 130; second += 1) {
      fail(10);
      jest.advanceTimersByTime(1_000);
    }
    expect(lines).toEqual([
      'WARN jobs are not queued: connect ECONNREFUSED',
      'WARN jobs are not queued: connect ECONNREFUSED (failures since the last line: 600)',
      'WARN jobs are not queued: connect ECONNREFUSED (failures since the last line: 600)',
    ]);
  });

  it('logs another outage again, but no pair of lines for every failure between successes', () => {
    for (let n = 0; n < 100; n += 1) {
      fail(1);
      outage.recovered();
    }
    expect(lines).toHaveLength(2);
    jest.advanceTimersByTime(11_000);
    fail(1);
    expect(lines.slice(2)).toEqual([
      'WARN jobs are not queued: connect ECONNREFUSED (failures since the last line: 100)',
    ]);
  });

  it('takes failures that are far apart for separate outages', () => {
    fail(1);
    jest.advanceTimersByTime(3_600_000);
    fail(1);
    outage.recovered();
    expect(lines.slice(1)).toEqual([
      'WARN jobs are not queued: connect ECONNREFUSED',
      'LOG jobs are not queued: over after 0.0 s, failures: 1',
    ]);
  });

  it.each([
    ['a message', new Error('first line\nsecond line'), 'first line'],
    [
      'refusals by every address',
      new AggregateError([new Error('connect ECONNREFUSED')]),
      'connect ECONNREFUSED',
    ],
    ['a code alone', Object.assign(new Error(''), { code: 'ETIMEDOUT' }), 'ETIMEDOUT'],
    ['no error', 'stopped', 'stopped'],
  ])('gives the reason of %s in one line', (_, error, reason) => expect(reasonOf(error)).toBe(reason));
});
