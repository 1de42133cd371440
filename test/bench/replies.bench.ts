import { noneRefused, type Bench } from './bench.js';
import { costOf, costRow, total } from './cost.js';
import { prompts } from './in-turn.js';
import { sideBySide } from './side-by-side.js';
import type { Setup } from './setup.js';

/** What one worker does at once, by default. */
const AT_ONCE = 20;
const ROOMS_A_SECOND = 50;

/** From the prompt to the stored reply, Gemini taking no time. */
export const replies: Bench = {
  name: 'replies',
  about:
    '20 people waiting for their replies, one worker; naive: the SDK asked while they wait, nothing stored',
  async run(setup, { seconds, requests, random }) {
    const worker = await setup.system.startWorker();
    const usersWithRooms = await setup.usersWithRooms(
      await setup.people(AT_ONCE),
      Math.ceil(ROOMS_A_SECOND * (1 + seconds)),
    );
    const wait = { prefer: 'wait=60' };
    const product = { ...setup.product, next: prompts(usersWithRooms, random, wait), connections: AT_ONCE };
    const ask = prompts(usersWithRooms, random);
    const naive = { ...setup.naive, next: () => ({ ...ask(), path: '/ask' }), connections: AT_ONCE };
    const cost = await costOf(setup, product, requests, () => allEnded(setup));
    const compared = await sideBySide('a reply', { product, naive }, seconds);
    const failed = await setup.db.query(
      "SELECT 1 FROM message WHERE status NOT IN ('completed', 'queued', 'in_progress')",
    );
    await worker.stop();
    return {
      rows: [...compared.rows, costRow('a reply, product', cost)],
      costs: { reply: cost },
      floors: [
        noneRefused(cost.refused + compared.refused),
        { kind: 'count', what: 'replies that did not complete', value: failed.rowCount ?? 0, atMost: 0 },
        // Eight, and now and then a round of the recovery, which goes by the second and not by the reply.
        { kind: 'count', what: 'statements a reply', value: total(cost.statements), atMost: 9 },
        // Measured 0.19 to 0.38, of a way that stores nothing and forgets all when it dies. Half of the least.
        { kind: 'ratio', what: 'replies to naive', value: compared.ratio, atLeast: 0.1 },
      ],
    };
  },
};

/** A reply is answered before the worker is done with its job. */
async function allEnded({ db }: Setup): Promise<boolean> {
  const { rowCount } = await db.query(
    "SELECT 1 FROM message WHERE status IN ('queued', 'in_progress') LIMIT 1",
  );
  return rowCount === 0;
}
