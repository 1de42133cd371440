import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { withServers } from '../support/servers.js';
import { wholeNumber } from '../support/random.js';
import { PARTS, runFuzz, type FuzzOptions } from './run.js';
import { describeFinding, table } from './report.js';

const USAGE = '[--runs N] [--seed N] [--json FILE] [--only requests|model] [--path P [--replay-path R]]';

/**
 * Throws generated requests at the product and walks through generated conversations with it.
 * `--path` and `--replay-path`, as a finding prints them, try that one case again.
 * @returns the exit code: 0 when nothing was found
 */
export async function main(root: string, args: string[], signal: AbortSignal): Promise<number> {
  const { json, ...options } = readOptions(args);
  return withServers(root, signal, (servers) => fuzz({ ...options, servers, signal }, json));
}

async function fuzz(options: Omit<FuzzOptions, 'report' | 'progress'>, json: string | undefined) {
  console.log(`seed ${options.seed}, ${options.runs} requests, a model run for every hundred`);
  const parts = await runFuzz({
    ...options,
    report: (finding) => console.log(describeFinding(finding)),
    progress: (text) => console.log(text),
  });
  console.log(`\n${table(parts)}`);
  if (json)
    writeFileSync(json, `${JSON.stringify({ seed: options.seed, runs: options.runs, parts }, null, 2)}\n`);
  return parts.some(({ findings }) => findings.length > 0) || options.signal?.aborted ? 1 : 0;
}

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: 'string', default: '6000' },
      seed: { type: 'string', default: String(randomInt(1, 1e9)) },
      json: { type: 'string' },
      only: { type: 'string' },
      path: { type: 'string' },
      'replay-path': { type: 'string' },
    },
  });
  const only = PARTS.find((part) => part === values.only);
  if (values.only !== undefined && !only)
    throw new Error(`--only wants one of ${PARTS.join(', ')}. ${USAGE}`);
  return {
    runs: wholeNumber('runs', values.runs),
    seed: wholeNumber('seed', values.seed),
    json: values.json,
    only,
    path: values.path,
    replayPath: values['replay-path'],
  };
}
