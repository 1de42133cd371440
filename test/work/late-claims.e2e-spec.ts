import { randomUUID } from 'node:crypto';
import { CLAIM_DELIVERY, FINISH_DELIVERY } from '../../src/auth/otp/otp-delivery.sql.js';
import { failed, toColumns } from '../../src/chatroom/reply/reply-result.js';
import { CLAIM_REPLY, FINISH_REPLY } from '../../src/chatroom/reply/reply.sql.js';
import { type WorkProcessor } from '../../src/infra/work/define-work.js';
import { FINISH_ITEM, RELEASE_ITEM } from '../../src/infra/work/work.sql.js';
import {
  CLAIM_STRIPE_EVENT,
  FINISH_STRIPE_EVENT,
  RECORD_STRIPE_EVENT,
} from '../../src/webhook/stripe-event.sql.js';
import { type ValuesOf } from '../../src/infra/postgres/database.js';
import { buildQueuedReply } from '../support/factories.js';
import { CLAIM, claimed, KIND, recoverRunning, WorkSetup } from './work-setup.js';
import { type WorkerParts } from './worker-parts.js';

const setup = WorkSetup.use();

describe('a claim that is late', () => {
  interface Case {
    claim: Pick<WorkProcessor, 'kind' | 'claim'>;
    make: () => Promise<{ id: string; read: () => Promise<unknown> }>;
    finish: (parts: WorkerParts, id: string, claim: number) => Promise<boolean>;
  }
  const rowOf = (table: string, id: string) => async () =>
    (await setup.db.query(`SELECT * FROM ${table} WHERE id::text = $1`, [id])).rows;
  /** Whether a statement without RETURNING changed something is seen in its item. */
  const ended = async (id: string) => (await setup.readItem(id)) === undefined;

  const cases: Record<string, Case> = {
    'the engine’s own': {
      claim: CLAIM,
      make: async () => ({ id: await setup.makeItem(), read: async () => [] }),
      finish: async ({ database }, id, claim) =>
        (await database.query(FINISH_ITEM, [KIND, id, claim])).length === 1,
    },
    'of a reply': {
      claim: { kind: 'reply', claim: { statement: CLAIM_REPLY, values: [20] } },
      make: async () => {
        const userId = randomUUID();
        await setup.db.query('INSERT INTO app_user (id, mobile) VALUES ($1, $2)', [
          userId,
          `+9198${Date.now() % 1e8}`,
        ]);
        const { replyId: id } = await buildQueuedReply(setup.db, userId, 'A prompt');
        return { id, read: rowOf('message', id) };
      },
      finish: async ({ database }, id, claim) => {
        const { owner_id: owner } = (await setup.readItem(id)) ?? {};
        const result = failed('gemini.unavailable', { model: 'flash', contextTrimmed: false });
        const [row] = await database.query(FINISH_REPLY, [id, claim, ...toColumns(result), owner, 4]);
        return row?.ended === true;
      },
    },
    'of a Stripe event': {
      claim: { kind: 'stripe-event', claim: { statement: CLAIM_STRIPE_EVENT, values: [] } },
      make: async () => {
        const id = `evt_${randomUUID()}`;
        await setup.db.query(RECORD_STRIPE_EVENT.text, [id, 'invoice.paid', 'cus_1', null, null]);
        return { id, read: rowOf('stripe_event', id) };
      },
      finish: async ({ database }, id, claim) => {
        await database.query(FINISH_STRIPE_EVENT, [id, claim]);
        return ended(id);
      },
    },
    'of the delivery of a code': {
      claim: { kind: 'code-delivery', claim: { statement: CLAIM_DELIVERY, values: [] } },
      make: async () => {
        const id = await setup.makeItem('code-delivery');
        await setup.db.query(
          `INSERT INTO otp_challenge (identity, purpose, id, origin, code_hash, sealed_code, sent_at, expires_at)
           VALUES ($1::text, 'sign_in', $1::uuid, '', 'hash', 'sealed', now(), now() + interval '5 minutes')`,
          [id],
        );
        return { id, read: rowOf('otp_challenge', id) };
      },
      finish: async ({ database }, id, claim) => {
        await database.query(FINISH_DELIVERY, [id, claim]);
        return ended(id);
      },
    },
  };

  it.each(Object.entries(cases))('writes nothing: %s', async (_name, { claim, make, finish }) => {
    const [slow, next] = [setup.worker(), setup.worker()];
    const { id, read } = await make();
    const late = await claimed(slow, id, claim);
    await setup.expireLease(id);
    await recoverRunning(next);
    const state = async () => [await setup.readItem(id), await read()];
    const writesNothing = async () => {
      const before = await state();
      const release: ValuesOf<typeof RELEASE_ITEM> = [
        claim.kind,
        id,
        late.item.claim,
        0,
        1,
        null,
        null,
        0,
        false,
      ];
      expect(await slow.database.query(RELEASE_ITEM, release)).toEqual([]);
      expect(await finish(slow, id, late.item.claim)).toBe(false);
      expect(await state()).toEqual(before);
    };
    await writesNothing();
    const taken = await claimed(next, id, claim);
    await writesNothing();
    expect(await finish(next, id, taken.item.claim)).toBe(true);
    const settled = await state();
    expect(settled[0]).toBeUndefined();
    await finish(next, id, taken.item.claim);
    expect(await state()).toEqual(settled);
  });

  it('gives nothing back once the item was given back', async () => {
    const parts = setup.worker();
    const id = await setup.makeItem();
    const { item } = await claimed(parts, id);
    const values: ValuesOf<typeof RELEASE_ITEM> = [KIND, id, item.claim, 0, 0, null, null, 0, false];
    expect(await parts.database.query(RELEASE_ITEM, values)).toHaveLength(1);
    expect(await parts.database.query(RELEASE_ITEM, values)).toEqual([]);
    await parts.leases.check(KIND, id);
    expect((await claimed(parts, id)).item).toMatchObject({ claim: 2, lostClaims: 0, attempts: 0 });
  });
});
