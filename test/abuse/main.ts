import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { holds } from '../support/figures.js';
import { choose, positive } from '../support/program.js';
import { withServers } from '../support/servers.js';
import type { Result, Scenario } from './abuse.js';
import { SCENARIOS } from './catalogue.js';
import { describe, summary } from './report.js';
import { runAbuse } from './run.js';

/**
 * Abuses the product within its limits, and measures what others wait meanwhile.
 * `--only NAME,NAME`, `--seed S`, `--json FILE`, `--seconds N` for each turn: idle, under attack, idle.
 * @returns the exit code: 0 when nothing fell short
 */
export async function main(
  root: string,
  args: string[],
  signal: AbortSignal,
  print: (text: string) => void = console.log,
): Promise<number> {
  const { scenarios, seconds, seed, json } = read(args);
  const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model, node: process.version };
  print(
    `${scenarios.length} scenarios, three turns of ${seconds} s each, seed ${seed}, ${machine.cores} cores`,
  );
  const begun = ({ name }: Scenario) => print(`- ${name} ...`);
  const ended = (result: Result) => print(`${describe(result)}\n`);
  const results = await withServers(root, signal, (servers) =>
    runAbuse({ scenarios, seconds, seed, servers, signal, begun, ended }),
  );
  if (json) writeFileSync(json, `${JSON.stringify({ seed, seconds, machine, results }, null, 2)}\n`);
  print(summary(results));
  const short = results.filter(({ floors }) => !floors.every(holds)).map(({ name }) => name);
  print(short.length > 0 ? `Falls short: ${short.join(', ')}` : 'Everything holds.');
  return short.length > 0 ? 1 : 0;
}

function read(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      seconds: { type: 'string', default: '5' },
      seed: { type: 'string', default: String(randomInt(1, 1e9)) },
      json: { type: 'string' },
    },
  });
  return {
    scenarios: choose(SCENARIOS, values.only, 'scenario'),
    seconds: positive('seconds', values.seconds),
    seed: positive('seed', values.seed),
    json: values.json,
  };
}
