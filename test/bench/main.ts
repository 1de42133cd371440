import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { choose, positive } from '../support/program.js';
import { withServers } from '../support/servers.js';
import { fallsShort, type Bench, type Result } from './bench.js';
import { BENCHES } from './catalogue.js';
import { describe } from './report.js';
import { runBenches } from './run.js';

/** Counts every statement, which the server has to be told when it starts. */
const COUNTING = ['shared_preload_libraries=pg_stat_statements', 'pg_stat_statements.track=top'];

/**
 * Measures the product beside the naive way of doing the same, in one run.
 * `--only NAME,NAME`, `--seed S`, `--json FILE`, `--seconds N` a measurement, `--requests N` whose cost is counted,
 * `--listeners N` of each of fifty replies, `--messages N` in the room that is paged through, and `--set NAME=VALUE`
 * for a setting of the product, as often as wanted.
 * @returns the exit code: 0 when no floor was missed
 */
export async function main(
  root: string,
  args: string[],
  signal: AbortSignal,
  print: (text: string) => void = console.log,
): Promise<number> {
  const options = read(args);
  const { benches, seconds, seed, json } = options;
  print(`${benches.map(({ name }) => name).join(', ')}: ${seconds} s a measurement, seed ${seed}`);
  const begun = ({ name }: Bench) => print(`- ${name} ...`);
  const ended = (result: Result) => print(`${describe(result)}\n`);
  const results = await withServers(
    root,
    signal,
    (servers) => runBenches({ ...options, servers, signal, begun, ended }),
    COUNTING,
  );
  const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model, node: process.version };
  if (json) writeFileSync(json, `${JSON.stringify({ seed, seconds, machine, results }, null, 2)}\n`);
  const short = results.filter(fallsShort).map(({ name }) => name);
  print(short.length > 0 ? `Falls short: ${short.join(', ')}` : 'Every floor holds.');
  return short.length > 0 ? 1 : 0;
}

function read(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      seconds: { type: 'string', default: '5' },
      seed: { type: 'string', default: String(randomInt(1, 1e9)) },
      requests: { type: 'string', default: '200' },
      listeners: { type: 'string', default: '20' },
      messages: { type: 'string', default: '200000' },
      json: { type: 'string' },
      set: { type: 'string', multiple: true, default: [] },
    },
  });
  return {
    benches: choose(BENCHES, values.only, 'bench'),
    seconds: positive('seconds', values.seconds),
    seed: positive('seed', values.seed),
    requests: positive('requests', values.requests),
    listeners: positive('listeners', values.listeners),
    messages: positive('messages', values.messages),
    json: values.json,
    settings: Object.fromEntries(values.set.map(setting)),
  };
}

function setting(text: string): [string, string] {
  const [, name, value] = /^(\w+)=(.*)$/s.exec(text) ?? [];
  if (!name || value === undefined) throw new Error(`--set wants NAME=VALUE, not "${text}".`);
  return [name, value];
}
