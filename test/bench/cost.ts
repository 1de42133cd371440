import { eventually } from '../support/eventually.js';
import type { Row } from '../support/figures.js';
import type { Cost, Tally } from './bench.js';
import { press, type Target } from './load.js';
import type { Setup } from './setup.js';

/** Requests before those that are counted: the first ones teach PostgreSQL its statements and Redis its scripts. */
const FIRST = 50;

/**
 * Counts all that reaches PostgreSQL and Redis for some requests to the target.
 * @param requests that many
 * @param settled whether what they left to be done after the answers is done
 */
export async function costOf(
  setup: Setup,
  target: Target,
  requests: number,
  settled: () => Promise<boolean> = async () => true,
): Promise<Cost> {
  const ask = async (amount: number) => {
    const { refused } = await press(target, { amount });
    await eventually('what follows the answers', settled, 60_000);
    return refused;
  };
  const before = await ask(FIRST);
  const monitor = await watchRedis(setup);
  await setup.db.query('SELECT pg_stat_statements_reset()');
  const refused = before + (await ask(requests));
  const commands = each(await monitor.stop(), requests);
  return { statements: await statements(setup, requests), commands, refused };
}

export const total = (tally: Tally): number => Object.values(tally).reduce((sum, count) => sum + count, 0);

export const costRow = (what: string, { statements, commands }: Cost): Row => ({
  what,
  figures: { statements: total(statements), 'Redis commands': total(commands) },
});

async function statements(setup: Setup, requests: number): Promise<Tally> {
  const { rows } = await setup.db.query<{ text: string; calls: number }>(
    `SELECT left(btrim(regexp_replace(query, '\\s+', ' ', 'g')), 60) AS text, sum(calls)::int AS calls
     FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY 1`,
  );
  return each(new Map(rows.map(({ text, calls }) => [text, calls])), requests);
}

/** MONITOR tells a client's commands from a script's, as no counter of Redis does; the observer's own are left out. */
async function watchRedis({ system: { redis } }: Setup): Promise<{ stop(): Promise<Map<string, number>> }> {
  const [, observer] = / addr=(\S+)/.exec(String(await redis.client('INFO'))) ?? [];
  const monitor = await redis.monitor();
  const counts = new Map<string, number>();
  const marked = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, [name = '']: string[], source: string) => {
      const command = name.toLowerCase();
      if (source === observer && command === 'echo') resolve();
      else if (source !== observer && source !== 'lua') counts.set(command, (counts.get(command) ?? 0) + 1);
    });
  });
  const stop = async () => {
    // It sees all in order: once it sees this, it has seen what came before.
    await redis.echo('that is all');
    await marked;
    monitor.disconnect();
    return counts;
  };
  return { stop };
}

function each(counts: Map<string, number>, requests: number): Tally {
  return Object.fromEntries([...counts].sort().map(([name, count]) => [name, count / requests]));
}
