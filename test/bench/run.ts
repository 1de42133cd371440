import type { Servers } from '../support/databases.js';
import { Random } from '../support/random.js';
import type { Bench, Plan, Result } from './bench.js';
import { Setup } from './setup.js';

export interface BenchOptions extends Omit<Plan, 'random'> {
  benches: Bench[];
  seed: number;
  servers: Servers;
  /** Of the product, over those of the bench. */
  settings: Record<string, string>;
  signal: AbortSignal;
  /** Told when a bench begins, and of what it found. */
  begun: (bench: Bench) => void;
  ended: (result: Result) => void;
}

/** Runs the benches one after the other, each on an empty database and with chances of its own. */
export async function runBenches(options: BenchOptions): Promise<Result[]> {
  const setup = await Setup.start(options.servers, options.settings);
  try {
    const results: Result[] = [];
    for (const bench of options.benches) {
      options.signal.throwIfAborted();
      options.begun(bench);
      await setup.clear();
      const { name, about } = bench;
      const outcome = await bench.run(setup, { ...options, random: new Random(options.seed) });
      const result = { name, about, ...outcome };
      options.ended(result);
      results.push(result);
    }
    return results;
  } finally {
    await setup.stop();
  }
}
