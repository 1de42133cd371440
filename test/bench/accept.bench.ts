import { QUEUE_PREFIX } from '../../src/infra/work/work-queue.js';
import { noneRefused, type Bench } from './bench.js';
import { costOf, costRow, total } from './cost.js';
import { prompts } from './in-turn.js';
import { CONNECTIONS } from './load.js';
import { sideBySide } from './side-by-side.js';
import type { Setup } from './setup.js';

/** More than any machine accepts in a second, so that no room comes twice. */
const ROOMS_A_SECOND = 200;

/**
 * A prompt is accepted. Every one goes to an empty room, so that each rings for a worker, as people's prompts do; no
 * worker runs, so that nothing but the acceptance is measured.
 */
export const accept: Bench = {
  name: 'accept',
  about: '50 people at once, each prompt in a room of its own, no worker; naive: 3 inserts, 1 job',
  async run(setup, { seconds, requests, random }) {
    const usersWithRooms = await setup.usersWithRooms(
      await setup.people(CONNECTIONS),
      Math.ceil(ROOMS_A_SECOND * (1 + seconds)),
    );
    const middle = usersWithRooms.length / 2;
    const product = { ...setup.product, next: prompts(usersWithRooms.slice(0, middle), random) };
    const naive = { ...setup.naive, next: prompts(usersWithRooms.slice(middle), random) };
    const cost = await costOf(setup, product, requests, () => allAdded(setup));
    const naiveCost = await costOf(setup, naive, requests);
    const compared = await sideBySide('POST message', { product, naive }, seconds);
    return {
      rows: [...compared.rows, costRow('a prompt, product', cost), costRow('a prompt, naive', naiveCost)],
      costs: { prompt: cost },
      floors: [
        noneRefused(cost.refused + naiveCost.refused + compared.refused),
        // Who asks, and the whole acceptance: that is the design, and a third statement would be its end.
        { kind: 'count', what: 'statements a prompt', value: total(cost.statements), atMost: 2 },
        // The burst limit, and the job.
        { kind: 'count', what: 'Redis commands a prompt', value: total(cost.commands), atMost: 2 },
        // Measured 0.29 to 0.72: it also asks for the session, the limits and the order. Half of the least.
        { kind: 'ratio', what: 'prompts accepted to naive', value: compared.ratio, atLeast: 0.15 },
      ],
    };
  },
};

/** The response to a prompt does not wait for its job. */
async function allAdded({ db, system: { redis } }: Setup): Promise<boolean> {
  const { rowCount } = await db.query("SELECT 1 FROM message WHERE status = 'queued'");
  return (await redis.zcard(`${QUEUE_PREFIX}:reply:prioritized`)) === rowCount;
}
