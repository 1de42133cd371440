import { describeFinding } from './report.js';
import { runFuzz } from './run.js';

describe('fuzz', () => {
  it('finds nothing in a few hundred requests and a few conversations', async () => {
    const quiet = { report: () => undefined, progress: () => undefined };
    const [requests, model] = await runFuzz({ runs: 400, seed: 20, ...quiet });
    expect(
      [requests, model].flatMap((part) => part?.findings.map(describeFinding) ?? ['a part is missing']),
    ).toEqual([]);
    expect(requests?.runs).toBe(400);
    expect(Number(model?.counts.steps)).toBeGreaterThan(40);
  }, 240_000);
});
