import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Environment } from '../support/environment.js';
import { Disturbances } from './disturbances.js';
import { openLedger } from './ledger.js';
import { Random } from '../support/random.js';
import { LIMITS, Round, type RoundResult } from './round.js';

export interface ChaosOptions {
  rounds: number;
  seed: number;
  /** The folder of the compiled product. */
  dist?: string;
  /** Ends after the first round with a violation. */
  untilCaught?: boolean;
  signal?: AbortSignal;
  /** Told of each round when it is judged. */
  report(result: RoundResult): void;
}

/**
 * Rounds that follow one another at once: what one leaves to be repaired is repaired while the next go on breaking things.
 * Then nothing is broken until all of them are judged.
 */
const OVERLAP = 12;

/** Plays the rounds on a environment of their own. */
export async function runChaos(options: ChaosOptions): Promise<RoundResult[]> {
  const environment = await Environment.start({ dist: options.dist, env: ENV });
  try {
    await openLedger(environment.db);
    return await play(environment, options);
  } finally {
    await environment.stop();
  }
}

const ENV = {
  BASIC_TIER_DAILY_PROMPT_LIMIT: String(LIMITS.basic),
  PRO_TIER_DAILY_PROMPT_LIMIT: String(LIMITS.pro),
  HISTORY_MAX_MESSAGES: '200',
  GEMINI_IDLE_TIMEOUT_SECONDS: '60',
  // A second claim would have the first one's text at once, and end before a late one could do harm.
  RESPONSE_CACHE_TTL_SECONDS: '0',
};

async function play(environment: Environment, options: ChaosOptions): Promise<RoundResult[]> {
  const random = new Random(options.seed);
  const disturbances = new Disturbances();
  const lag = watchLag();
  const results: RoundResult[] = [];
  const outstanding = new Set<Promise<void>>();
  let caught = false;
  let acting: Round | undefined;
  for (const slot of environment.processes) slot.onDeath = (...death) => acting?.died(...death);
  for (let number = 1; number <= options.rounds && !options.signal?.aborted; number += 1) {
    if (caught && options.untilCaught) break;
    const round = new Round(number, environment, disturbances, random.fork(), lag);
    acting = round;
    await round.act();
    const judged = round.judge().then((result) => {
      results.push(result);
      caught ||= result.violations.length > 0;
      options.report(result);
      outstanding.delete(judged);
    });
    outstanding.add(judged);
    if (number % OVERLAP === 0) await Promise.all(outstanding);
  }
  await Promise.all(outstanding);
  lag.stop();
  return results;
}

/** How late this process's own timers were at worst, in milliseconds: an honest clock for what it measures of others. */
function watchLag() {
  const histogram = monitorEventLoopDelay({ resolution: 10 });
  histogram.enable();
  return {
    get worst() {
      return Math.round(histogram.max / 1e6);
    },
    stop: () => histogram.disable(),
  };
}
