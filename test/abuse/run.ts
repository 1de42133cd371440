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
  const before = await metered(setup, () => others.turn(seconds));
  const attacked = await metered(setup, () => underAttack(setup, attack, () => others.turn(seconds)));
  await setup.settled();
  const after = await metered(setup, () => others.turn(seconds));
  const { times, report, attacker } = attacked.result;
  const rows = MEASURES.map((measure) =>
    rowOf(measure, [...before.result[measure], ...after.result[measure]], times),
  );
  return {
    name: scenario.name,
    about: scenario.about,
    others: rows,
    attack: attackRow(report, { idle: (before.cpu + after.cpu) / 2, attack: attacked.cpu, attacker }),
    floors: [
      ...rows.map(({ what, figures }): Floor => ({
        kind: 'ratio',
        what,
        value: figures.ratio ?? 0,
        atMost: MOST,
      })),
      atMost('requests of others that were refused', others.refused, 0),
      ...(await attack.count(report)),
    ],
  };
}

/** Does something, and tells how many milliseconds of a processor's time the product used meanwhile. */
async function metered<T>(setup: Setup, work: () => Promise<T>): Promise<{ result: T; cpu: number }> {
  const used = setup.cpu;
  const result = await work();
  return { result, cpu: setup.cpu - used };
}

interface Attacked {
  times: Times;
  report: AttackReport;
  /** Milliseconds of a processor's time that the attacker used. */
  attacker: number;
}

async function underAttack(setup: Setup, attack: Attack, turn: () => Promise<Times>): Promise<Attacked> {
  const attacker = await Attacker.begin(setup.url, attack.volleys);
  try {
    const [times] = await Promise.all([turn(), attack.meanwhile?.()]);
    const used = attacker.cpu;
    return { times, report: await attacker.end(), attacker: used };
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

interface CpuTimes {
  /** Of the product in an idle turn, and under attack. */
  idle: number;
  attack: number;
  attacker: number;
}

/** What an attack's request costs the product is what it used beyond an idle turn. */
function attackRow(report: AttackReport, { idle, attack, attacker }: CpuTimes): Row {
  const figures = {
    requests: report.sent,
    ...report.answers,
    'MB received': report.received / 1e6,
    'idle CPU ms': idle,
    'attack CPU ms': attack,
    'CPU ms a request': (attack - idle) / report.sent,
    'attacker CPU ms a request': attacker / report.sent,
  };
  return { what: 'attack', figures };
}
