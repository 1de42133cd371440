import type { Servers } from '../support/databases.js';
import { median, quantile, type Floor, type Row } from '../support/figures.js';
import { Random } from '../support/random.js';
import { atMost, type Attack, type Plan, type Result, type Scenario } from './abuse.js';
import { Attacker } from './attacker/attacker.js';
import type { AttackReport } from './attacker/volley.js';
import { MEASURES, Others, type Times } from './others.js';
import { Setup } from './setup.js';

/** What others wait under attack over what they wait without: the contract's limit. */
const MOST = 2;
/** Seconds of the turns that only warm the processes up. */
const WARM_UP = 5;

export interface AbuseOptions {
  scenarios: Scenario[];
  seconds: number;
  seed: number;
  servers: Servers;
  signal: AbortSignal;
  /** Told when a scenario begins, and of what it found. */
  begun: (scenario: Scenario) => void;
  ended: (result: Result) => void;
}

/** Runs the scenarios one after the other, each with people, rooms and addresses of its own. */
export async function runAbuse(options: AbuseOptions): Promise<Result[]> {
  const { scenarios, seconds, seed, servers, signal, begun, ended } = options;
  const setup = await Setup.start(servers);
  try {
    const warmUp = Math.min(WARM_UP, 2 * seconds);
    await (await Others.assemble(setup, warmUp)).turn(warmUp);
    const results: Result[] = [];
    for (const scenario of scenarios) {
      signal.throwIfAborted();
      begun(scenario);
      const result = await play(setup, scenario, { seconds, random: new Random(seed) });
      ended(result);
      results.push(result);
    }
    return results;
  } finally {
    await setup.stop();
  }
}

/** By turns, so that whatever else the machine does meets both: idle, under attack, idle. */
async function play(setup: Setup, scenario: Scenario, plan: Plan): Promise<Result> {
  const { seconds } = plan;
  const attack = await scenario.prepare(setup, plan);
  const others = await Others.assemble(setup, 3 * seconds);
  const before = await others.turn(seconds);
  const attacked = await underAttack(setup, attack, () => others.turn(seconds));
  await setup.settled();
  const after = await others.turn(seconds);
  const rows = MEASURES.map((measure) =>
    rowOf(measure, [...before[measure], ...after[measure]], attacked.times),
  );
  return {
    name: scenario.name,
    about: scenario.about,
    others: rows,
    attack: attacked.row,
    floors: [
      ...rows.map(({ what, figures }): Floor => ({
        kind: 'ratio',
        what,
        value: figures.ratio ?? 0,
        atMost: MOST,
      })),
      atMost('requests of others that were refused', others.refused, 0),
      ...(await attack.count(attacked.report)),
    ],
  };
}

interface Attacked {
  times: Times;
  report: AttackReport;
  row: Row;
}

async function underAttack(setup: Setup, attack: Attack, turn: () => Promise<Times>): Promise<Attacked> {
  const [begun, used] = [performance.now(), setup.cpu];
  const attacker = await Attacker.begin(setup.url, attack.volleys);
  try {
    const [times] = await Promise.all([turn(), attack.meanwhile?.()]);
    const cpu = { product: setup.cpu - used, attacker: attacker.cpu };
    const report = await attacker.end();
    return { times, report, row: attackRow(report, cpu, performance.now() - begun) };
  } finally {
    attacker.kill();
  }
}

function rowOf(measure: keyof Times, idle: number[], attacked: Times): Row {
  const [quiet, loud] = [median(idle), median(attacked[measure])];
  const figures = {
    'idle p50 ms': quiet,
    'attack p50 ms': loud,
    ratio: loud / quiet,
    'idle p95 ms': quantile(idle, 0.95),
    'attack p95 ms': quantile(attacked[measure], 0.95),
  };
  return { what: measure, figures };
}

/** How much of one core API and worker, and the attacker, took while others did their part. */
function attackRow(report: AttackReport, cpu: { product: number; attacker: number }, ms: number): Row {
  const figures = {
    requests: report.sent,
    ...report.answers,
    'MB received': report.received / 1e6,
    'product CPU %': (100 * cpu.product) / ms,
    'attacker CPU %': (100 * cpu.attacker) / ms,
  };
  return { what: 'attack', figures };
}
