import { randomInt } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../support/random.js';
import { buildMutant } from './mutant.js';
import { describeRound, summarize, table } from './report.js';
import type { RoundResult } from './round.js';
import { runChaos } from './run.js';

/**
 * Breaks the product on purpose, again and again, and checks what it promised.
 * `--rounds N`, `--seed S`, `--json FILE`; with `--mutant fence|recovery|quota` a deliberately broken build is to be caught.
 * @returns the exit code: 0 when everything held, or when a mutant was caught
 */
export async function main(root: string, args: string[], signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '30' },
      seed: { type: 'string', default: String(randomInt(1, 1e9)) },
      json: { type: 'string' },
      mutant: { type: 'string' },
    },
  });
  const [rounds, seed] = [wholeNumber('rounds', values.rounds), wholeNumber('seed', values.seed)];
  const scratch = join(root, '.local', `mutant-${process.pid}`);
  try {
    const dist = values.mutant && buildMutant(values.mutant, join(root, 'dist'), scratch);
    console.log(`${rounds} rounds, seed ${seed}${values.mutant ? `, mutant ${values.mutant}` : ''}`);
    const report = (result: RoundResult) => console.log(describeRound(result, rounds));
    const results = await runChaos({ rounds, seed, dist, untilCaught: !!dist, signal, report });
    return conclude(results, { seed, json: values.json, mutant: values.mutant });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface Setting {
  seed: number;
  json: string | undefined;
  mutant: string | undefined;
}

function conclude(results: RoundResult[], { seed, json, mutant }: Setting): number {
  const summary = summarize(results);
  console.log(`\n${table(summary)}`);
  if (json) writeFileSync(json, `${JSON.stringify({ seed, mutant, summary, results }, null, 2)}\n`);
  const caught = summary.violations > 0;
  if (!mutant) return caught ? 1 : 0;
  const first = Math.min(...summary.violatedRounds);
  console.log(
    caught
      ? `\nThe mutant ${mutant} was caught in round ${first}.`
      : `\nThe mutant ${mutant} was NOT caught.`,
  );
  return caught ? 0 : 1;
}
