import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildMutant, MUTANTS } from './mutant.js';
import { describeRound } from './report.js';
import { runChaos } from './run.js';

describe('chaos', () => {
  it('keeps every promise through a few rounds of it', async () => {
    const rounds = 5;
    const results = await runChaos({ rounds, seed: 20, report: () => undefined });
    expect(
      results.flatMap((result) => (result.violations.length > 0 ? [describeRound(result, rounds)] : [])),
    ).toEqual([]);
    expect(results).toHaveLength(rounds);
    const sum = (of: (result: (typeof results)[number]) => number) => results.reduce((n, r) => n + of(r), 0);
    expect(sum(({ replies }) => replies)).toBeGreaterThan(20);
    expect(sum(({ kills }) => kills)).toBeGreaterThan(0);
  }, 240_000);

  it.each(Object.keys(MUTANTS))('can break the present build in the way of the mutant %s', (name) => {
    const scratch = join('.local', `mutant-spec-${process.pid}`);
    try {
      expect(buildMutant(name, 'dist', scratch)).toBe(join(scratch, 'dist'));
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  });
});
