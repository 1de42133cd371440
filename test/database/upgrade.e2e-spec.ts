import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { CLAIM_REPLY, FINISH_REPLY } from '../../src/chatroom/reply/reply.sql.js';
import { failed, toColumns } from '../../src/chatroom/reply/reply-result.js';
import {
  ACCEPT_PROMPT,
  CANCEL_REPLY,
  FIND_REPLY_STATE,
  RETRY_REPLY,
} from '../../src/chatroom/prompt/prompt.sql.js';
import { DELETE_CHATROOM } from '../../src/chatroom/room/chatroom.sql.js';
import { applyMigrations } from '../../src/infra/postgres/migrate.js';
import type { Statement } from '../../src/infra/postgres/database.js';
import { RECOVER_READY } from '../../src/infra/work/work.sql.js';
import {
  CLAIM_STRIPE_EVENT,
  FINISH_STRIPE_EVENT,
  RECORD_STRIPE_EVENT,
} from '../../src/webhook/stripe-event.sql.js';
import { FINISH_DELIVERY, CLAIM_DELIVERY, SEND_CODE } from '../../src/auth/otp/otp.sql.js';
import * as before from './release-before.js';

const UPGRADE = '20261128043000_add_work_item';
const CAPS = [4, 50, 20];
const WORKER = randomUUID();

const admin = process.env.TEST_DATABASE_URL ?? '';
const temporary = mkdtempSync(join(tmpdir(), 'upgrade-'));
const name = `upgrade_${process.pid}`;
const url = Object.assign(new URL(admin), { pathname: `/${name}` }).href;
let db: pg.Pool;

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: admin });
  await client.connect();
  await client.query(sql).finally(() => client.end());
}

/** Applies the migrations up to the one before the upgrade. */
async function migrateToReleaseBefore(): Promise<void> {
  for (const file of ['schema.prisma', 'migrations/migration_lock.toml'])
    cpSync(join('prisma', file), join(temporary, file));
  for (const migration of readdirSync('prisma/migrations').filter((each) => each < UPGRADE))
    cpSync(join('prisma/migrations', migration), join(temporary, 'migrations', migration), {
      recursive: true,
    });
  await applyMigrations(url, temporary);
}

beforeAll(async () => {
  await onServer(`CREATE DATABASE ${name}`);
  db = new pg.Pool({ connectionString: url, max: 6 });
  await migrateToReleaseBefore();
});
afterAll(async () => {
  await db.end();
  await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
  rmSync(temporary, { recursive: true });
});

async function rows(text: string, values: unknown[] = []): Promise<any[]> {
  return (await db.query(text, values)).rows;
}
const row = async (text: string, values: unknown[] = []) => (await rows(text, values))[0];
const run = (statement: Statement, values: unknown[]) => row(statement.text, values);

let people = 0;
async function makeUser(): Promise<string> {
  const id = randomUUID();
  people += 1;
  await rows('INSERT INTO app_user (id, mobile, verified_at) VALUES ($1, $2, now())', [
    id,
    `+91980000${1000 + people}`,
  ]);
  return id;
}
async function makeRoom(userId: string): Promise<string> {
  const id = randomUUID();
  await rows(`INSERT INTO chatroom (id, user_id, title, title_is_default) VALUES ($1, $2, 'A room', false)`, [
    id,
    userId,
  ]);
  return id;
}

/** What the release before does. */
const former = {
  async accept(userId: string, roomId: string): Promise<string> {
    const values = [roomId, userId, null, randomUUID(), 'A prompt', randomUUID(), 'A title', 'request-1'];
    return (await row(before.ACCEPT, values)).reply;
  },
  claim: (id: string) => row(before.CLAIM, [id]),
  finish: (id: string, claim: number, refund = false) =>
    row(before.FINISH, [
      id,
      claim,
      'failed',
      null,
      'code',
      'message',
      null,
      'flash',
      1,
      1,
      1,
      1,
      1,
      false,
      refund,
      false,
    ]),
  cancel: (id: string) => row(before.CANCEL, [id, 0, 'text']),
};
/** What the release before finds due. */
const rescued = async (): Promise<string[]> => (await rows(before.RESCUE)).map(({ id }) => id);

/** What this release does. */
const current = {
  async accept(userId: string, roomId: string): Promise<string> {
    const values = [
      roomId,
      userId,
      null,
      randomUUID(),
      'A prompt',
      randomUUID(),
      'A title',
      'request-2',
      ...CAPS,
    ];
    return (await run(ACCEPT_PROMPT, values)).reply.id;
  },
  claim: (id: string) => run(CLAIM_REPLY, [id, WORKER, 20]),
  async finish(id: string, claim: number, userId: string): Promise<boolean> {
    const result = failed('gemini.unavailable', { model: 'flash', contextTrimmed: false });
    return (await run(FINISH_REPLY, [id, claim, ...toColumns(result), userId, CAPS[0]])).ended;
  },
  cancel: async (id: string, userId: string, claim: number) =>
    (await run(CANCEL_REPLY, [id, userId, claim, 'the text', CAPS[0]])).reply,
};

const item = (id: string) => row('SELECT * FROM work_item WHERE subject_id = $1', [id]);
const message = (id: string) => row('SELECT * FROM message WHERE id = $1', [id]);
const states = (...ids: string[]) => Promise.all(ids.map(async (id) => (await item(id))?.state ?? 'none'));
/** Lets the time pass until this release may take what the one before made. */
const becomesDue = (id: string) =>
  rows('UPDATE work_item SET run_at = now(), next_poll_at = now() WHERE subject_id = $1', [id]);
const secondsLeft = async (id: string) =>
  (
    await row(
      'SELECT extract(epoch FROM run_at - now())::float8 AS left FROM work_item WHERE subject_id = $1',
      [id],
    )
  ).left;

describe('unfinished work of the release before', () => {
  let userId: string;
  const replies: Record<string, string> = {};
  const codes = { waiting: randomUUID(), delivered: randomUUID() };

  beforeAll(async () => {
    userId = await makeUser();
    const rooms = await Promise.all(Array.from({ length: 6 }, () => makeRoom(userId)));
    const [running, queued, postponed, ...more] = rooms as [string, string, string, ...string[]];
    const accept = (room: string) => former.accept(userId, room);
    replies.finished = await accept(running);
    await former.finish(replies.finished, (await former.claim(replies.finished)).claim);
    replies.running = await accept(running);
    replies.behindRunning = await accept(running);
    await former.claim(replies.running);
    replies.head = await accept(queued);
    replies.second = await accept(queued);
    replies.third = await accept(queued);
    replies.postponed = await accept(postponed);
    const { claim } = await former.claim(replies.postponed);
    await rows(before.POSTPONE, [replies.postponed, claim, 40_000, 1, 'flash-lite']);
    for (const [n, room] of more.entries()) replies[`more${n}`] = await accept(room);
    for (const event of ['evt_open', 'evt_failed', 'evt_done'])
      await rows(before.RECORD_EVENT, [event, 'invoice.paid', 'cus_1', 'request-3']);
    await rows(before.RECORD_EVENT, ['evt_without_customer', 'product.created', null, null]);
    await rows(before.CLAIM_EVENT, ['evt_failed', 0]);
    await rows(before.FINISH_EVENT, ['evt_done']);
    for (const [identity, id] of Object.entries(codes))
      await rows(before.SEND_CODE, [
        identity,
        'sign_in',
        id,
        userId,
        'hash',
        'sealed',
        5,
        null,
        0,
        100,
        [identity],
      ]);
    await rows(before.FORGET_CODE, [codes.delivered]);
    await rows(
      `INSERT INTO stripe_customer (id, user_id, sweep_at) VALUES ('cus_due', $1, now() - interval '1 day'),
      ('cus_later', NULL, now() + interval '1 day'), ('cus_never', NULL, NULL)`,
      [userId],
    );
    expect(await applyMigrations(url, 'prisma')).toEqual([UPGRADE]);
  });

  const id = (reply: string) => replies[reply] as string;

  it('has an item for each unfinished reply, ready for the heads of four rooms', async () => {
    const [finished, running, behind] = [id('finished'), id('running'), id('behindRunning')];
    expect(await states(finished, running, behind, id('postponed'))).toEqual([
      'none',
      'ready',
      'waiting',
      'ready',
    ]);
    expect(await states(id('second'), id('third'))).toEqual(['waiting', 'waiting']);
    const heads = [id('running'), id('head'), id('postponed'), id('more0'), id('more1'), id('more2')];
    const found = (await states(...heads)).sort();
    expect(found).toEqual(['ready', 'ready', 'ready', 'ready', 'waiting', 'waiting']);
    expect(await rows(`SELECT count(*)::int AS items FROM work_item WHERE kind = 'reply'`)).toEqual([
      { items: 9 },
    ]);
  });

  it('keeps its place, its claims and attempts, its owner and when it is due', async () => {
    expect(await item(id('running'))).toMatchObject({
      owner_id: userId,
      claim: 1,
      position: 4,
      request_id: 'request-1',
    });
    expect(await item(id('postponed'))).toMatchObject({ claim: 1, attempts: 1, retry_with: 'flash-lite' });
    const [head, postponed] = [await secondsLeft(id('head')), await secondsLeft(id('postponed'))];
    expect(head).toBeGreaterThan(0);
    expect(head).toBeLessThanOrEqual(15);
    expect(postponed).toBeGreaterThan(15);
    expect(postponed).toBeLessThanOrEqual(40);
  });

  it('has items for unprocessed events, undelivered codes and customers with a date', async () => {
    const items = await rows(
      `SELECT kind, subject_id AS id, state, attempts FROM work_item WHERE kind <> 'reply' ORDER BY kind, subject_id`,
    );
    const ready = { state: 'ready', attempts: 0 };
    expect(items).toEqual([
      { kind: 'code-delivery', id: codes.waiting, ...ready },
      { kind: 'customer-reconciliation', id: 'cus_due', ...ready },
      { kind: 'customer-reconciliation', id: 'cus_later', ...ready },
      { kind: 'stripe-event', id: 'evt_failed', ...ready, attempts: 1 },
      { kind: 'stripe-event', id: 'evt_open', ...ready },
    ]);
    expect(await secondsLeft('cus_due')).toBeLessThan(0);
    expect(await secondsLeft('cus_later')).toBeGreaterThan(80_000);
  });

  it('is finished by this release, one after the other, when no process of the release before is left', async () => {
    await rows('UPDATE message SET lease_until = now() WHERE lease_until IS NOT NULL');
    const left = new Set(
      Object.entries(replies).flatMap(([key, reply]) => (key === 'finished' ? [] : [reply])),
    );
    while (left.size > 0) {
      await rows(
        `UPDATE work_item SET run_at = now(), next_poll_at = now() WHERE kind = 'reply' AND state = 'ready'`,
      );
      const ready = await rows(RECOVER_READY.text, [500, 5_000]);
      const found = ready.filter(({ kind }) => kind === 'reply');
      expect(found.length).toBeGreaterThan(0);
      expect(found.length).toBeLessThanOrEqual(4);
      for (const { subjectId } of found) {
        const { claim, prompt } = await current.claim(subjectId);
        expect(prompt).toBe('A prompt');
        expect(await current.finish(subjectId, claim, userId)).toBe(true);
        expect(left.delete(subjectId)).toBe(true);
      }
    }
    expect(await rows(`SELECT 1 FROM work_item WHERE kind = 'reply'`)).toEqual([]);
    expect(await rows('SELECT 1 FROM message WHERE completed_at IS NULL')).toEqual([]);
  });
});

describe('a reply of the release before, on the new schema', () => {
  let userId: string;
  let room: string;
  beforeEach(async () => {
    userId = await makeUser();
    room = await makeRoom(userId);
  });

  it('has an item that waits 15 s, and the one behind it waits for it', async () => {
    const [head, next] = [await former.accept(userId, room), await former.accept(userId, room)];
    expect(await states(head, next)).toEqual(['ready', 'waiting']);
    expect(await secondsLeft(head)).toBeGreaterThan(10);
    expect(await secondsLeft(head)).toBeLessThanOrEqual(15);
    expect(await current.claim(head)).toBeUndefined();
  });

  it('is claimed, renewed and finished by its own release, which makes the next one ready', async () => {
    const [head, next] = [await former.accept(userId, room), await former.accept(userId, room)];
    const { claim } = await former.claim(head);
    expect(claim).toBe(1);
    expect(await row(before.RENEW, [head, 1])).toEqual({ held: 1 });
    expect(await former.claim(next)).toBeUndefined();
    expect(await former.finish(head, 1)).toEqual({ ended: 1 });
    expect(await states(head, next)).toEqual(['none', 'ready']);
    expect((await former.claim(next)).claim).toBe(1);
  });

  it('is given back and found again by its own release', async () => {
    const reply = await former.accept(userId, room);
    await former.claim(reply);
    expect(await row(before.POSTPONE, [reply, 1, 0, 1, 'flash'])).toEqual({ held: 1 });
    await rows('UPDATE message SET ring_at = now() WHERE id = $1', [reply]);
    expect(await rescued()).toContain(reply);
    expect(await former.claim(reply)).toMatchObject({ claim: 2, attempts: 1, lostClaims: 0 });
  });

  it('is not taken by this release while its lease lives, and for good when that has expired', async () => {
    const reply = await former.accept(userId, room);
    await former.claim(reply);
    await becomesDue(reply);
    expect(await current.claim(reply)).toBeUndefined();
    expect(await states(reply)).toEqual(['ready']);
    await rows('UPDATE message SET lease_until = now() WHERE id = $1', [reply]);
    const { claim } = await current.claim(reply);
    expect(claim).toBe(2);
    expect(await row(before.RENEW, [reply, 1])).toBeUndefined();
    expect(await row(before.POSTPONE, [reply, 1, 0, 1, 'flash'])).toBeUndefined();
    expect(await former.finish(reply, 1, true)).toBeUndefined();
    expect(await former.claim(reply)).toBeUndefined();
    await rows('UPDATE message SET ring_at = least(ring_at, now()) WHERE id = $1 AND ring_at < $2', [
      reply,
      'infinity',
    ]);
    expect(await rescued()).not.toContain(reply);
    expect(await message(reply)).toMatchObject({ status: 'queued', completed_at: null });
    expect(await current.finish(reply, claim, userId)).toBe(true);
    expect(await message(reply)).toMatchObject({ status: 'failed', claim: 2 });
  });

  it('that its worker runs is cancelled by this release with the text that it published', async () => {
    const reply = await former.accept(userId, room);
    await former.claim(reply);
    const state = await run(FIND_REPLY_STATE, [reply, room, userId]);
    expect(state).toEqual({ claim: 1, exists: true, unfinished: true });
    expect(await current.cancel(reply, userId, state.claim)).toMatchObject({
      status: 'cancelled',
      content: 'the text',
    });
    expect(await former.finish(reply, 1, true)).toBeUndefined();
    expect(await message(reply)).toMatchObject({ status: 'cancelled', claim: 1 });
    const again = await run(RETRY_REPLY, [reply, room, userId, null, 'request-4', ...CAPS]);
    expect(again).toMatchObject({ was: 'cancelled', claim: 2 });
    expect((await current.claim(reply)).claim).toBe(3);
  });

  it('that ended is retried by either release', async () => {
    const [first, second] = [await former.accept(userId, room), await former.accept(userId, room)];
    for (const reply of [first, second]) await former.finish(reply, (await former.claim(reply)).claim);
    expect((await row(before.RETRY, [first, room, userId, null, 'request-5'])).reply).toBe(first);
    expect(await item(first)).toMatchObject({ state: 'ready', claim: 2, position: 2, owner_id: userId });
    expect(await secondsLeft(first)).toBeGreaterThan(10);
    const retried = await run(RETRY_REPLY, [second, room, userId, null, 'request-6', ...CAPS]);
    expect(retried).toMatchObject({ was: 'failed', claim: 2, priority: null });
    expect(await former.claim(second)).toBeUndefined();
    await former.finish(first, (await former.claim(first)).claim);
    expect(await states(first, second)).toEqual(['none', 'ready']);
    expect((await current.claim(second)).claim).toBe(3);
  });

  it('goes with a room that either release deletes, and the owner’s other rooms go on', async () => {
    const rooms = await Promise.all(Array.from({ length: 6 }, () => makeRoom(userId)));
    const made: string[] = [];
    for (const each of rooms) made.push(await former.accept(userId, each));
    expect(await states(...made)).toEqual(['ready', 'ready', 'ready', 'ready', 'waiting', 'waiting']);
    expect((await row(before.REMOVE_ROOM, [rooms[0], userId])).unfinished).toEqual([made[0]]);
    expect(await states(...made)).toEqual(['none', 'ready', 'ready', 'ready', 'ready', 'waiting']);
    expect(await run(DELETE_CHATROOM, [rooms[1], userId, CAPS[0], 'request-7'])).toMatchObject({
      ended: [made[1]],
    });
    expect(await states(...made)).toEqual(['none', 'none', 'ready', 'ready', 'ready', 'ready']);
  });

  it('is made ready although it is accepted in the same instant in which the one before it ends', async () => {
    for (let round = 0; round < 40; round += 1) {
      const head = await former.accept(userId, room);
      const { claim } = await former.claim(head);
      const release = round % 2 === 0 ? former : current;
      const [next] = await Promise.all([release.accept(userId, room), former.finish(head, claim)]);
      expect(await states(head, next)).toEqual(['none', 'ready']);
      await rows('DELETE FROM message WHERE chatroom_id = $1', [room]);
      expect(await rows('SELECT 1 FROM work_item WHERE owner_id = $1', [userId])).toEqual([]);
    }
  });
});

describe('a reply of this release', () => {
  let userId: string;
  let room: string;
  beforeEach(async () => {
    userId = await makeUser();
    room = await makeRoom(userId);
  });

  it('is never seen by the polls and claims of the release before', async () => {
    const reply = await current.accept(userId, room);
    expect(await rescued()).not.toContain(reply);
    expect(await former.claim(reply)).toBeUndefined();
    const { claim } = await current.claim(reply);
    expect(claim).toBe(1);
    expect(await former.claim(reply)).toBeUndefined();
    expect(await former.finish(reply, claim)).toBeUndefined();
    expect(await current.finish(reply, claim, userId)).toBe(true);
  });

  it('is followed by one of the release before, in order', async () => {
    const [head, next] = [await current.accept(userId, room), await former.accept(userId, room)];
    expect(await states(head, next)).toEqual(['ready', 'waiting']);
    expect(await former.claim(next)).toBeUndefined();
    const { claim } = await current.claim(head);
    await current.finish(head, claim, userId);
    expect(await states(head, next)).toEqual(['none', 'ready']);
    expect((await former.claim(next)).claim).toBe(1);
  });

  it('is cancelled by the release before, which makes the next one ready', async () => {
    const [head, next] = [await current.accept(userId, room), await current.accept(userId, room)];
    const { claim } = await current.claim(head);
    expect(await former.cancel(head)).toEqual({ id: head });
    expect(await states(head, next)).toEqual(['none', 'ready']);
    expect(await current.finish(head, claim, userId)).toBe(false);
    expect(await message(head)).toMatchObject({ status: 'cancelled' });
  });

  it('goes with its room, its account and its purge', async () => {
    await current.accept(userId, room);
    await rows('DELETE FROM app_user WHERE id = $1', [userId]);
    expect(await rows('SELECT 1 FROM work_item WHERE owner_id = $1', [userId])).toEqual([]);
  });
});

describe('other work of the release before, on the new schema', () => {
  it('an event has an item that waits until its own release is done, or takes over', async () => {
    await rows(before.RECORD_EVENT, ['evt_old', 'invoice.paid', 'cus_1', 'request-8']);
    expect(await item('evt_old')).toMatchObject({
      kind: 'stripe-event',
      state: 'ready',
      request_id: 'request-8',
    });
    expect(await secondsLeft('evt_old')).toBeGreaterThan(30);
    expect(await row(before.CLAIM_EVENT, ['evt_old', 0])).toMatchObject({ attempts: 1 });
    await rows(before.FINISH_EVENT, ['evt_old']);
    expect(await states('evt_old')).toEqual(['none']);
    await rows(before.RECORD_EVENT, ['evt_left', 'invoice.paid', 'cus_1', null]);
    await becomesDue('evt_left');
    expect(await run(CLAIM_STRIPE_EVENT, ['evt_left', WORKER])).toMatchObject({
      claim: 1,
      customerId: 'cus_1',
    });
    await rows(FINISH_STRIPE_EVENT.text, ['evt_left', 1]);
    expect(await states('evt_left')).toEqual(['none']);
    expect(await rows(`SELECT 1 FROM stripe_event WHERE id = 'evt_left' AND processed_at IS NULL`)).toEqual(
      [],
    );
  });

  it('an event of this release is not seen by the release before', async () => {
    await rows(`UPDATE stripe_event SET processed_at = coalesce(processed_at, now())`);
    await run(RECORD_STRIPE_EVENT, ['evt_new', 'invoice.paid', 'cus_1', null]);
    expect(await rows(before.FIND_DUE_EVENTS)).toEqual([]);
    expect(await states('evt_new')).toEqual(['ready']);
    expect(await run(CLAIM_STRIPE_EVENT, ['evt_new', WORKER])).toMatchObject({ claim: 1 });
  });

  it('a code has one item, of the release that sent it last', async () => {
    const [old, replaced, last] = [randomUUID(), randomUUID(), randomUUID()];
    const values = (id: string) => [
      '+919800000099',
      'sign_in',
      id,
      null,
      'hash',
      'sealed',
      5,
      'request-9',
      0,
      100,
      ['k'],
    ];
    await rows(before.SEND_CODE, values(old));
    expect(await states(old)).toEqual(['ready']);
    expect(await secondsLeft(old)).toBeGreaterThan(30);
    await rows(`UPDATE one_time_code SET ring_at = now() WHERE id = $1`, [old]);
    expect((await rows(before.FIND_UNDELIVERED)).map(({ id }) => id)).toContain(old);
    expect(await row(before.CLAIM_DELIVERY, [old, 0])).toMatchObject({ sealedCode: 'sealed' });
    await run(SEND_CODE, values(replaced));
    expect(await states(replaced)).toEqual(['ready']);
    expect(await secondsLeft(replaced)).toBeLessThanOrEqual(0);
    await rows(`UPDATE one_time_code SET ring_at = least(ring_at, 'infinity') WHERE id = $1`, [replaced]);
    expect((await rows(before.FIND_UNDELIVERED)).map(({ id }) => id)).not.toContain(replaced);
    await run(CLAIM_DELIVERY, [replaced, WORKER]);
    await rows(FINISH_DELIVERY.text, [replaced, 1]);
    expect(await states(replaced)).toEqual(['none']);
    await rows(before.SEND_CODE, values(last));
    expect(await states(last)).toEqual(['ready']);
    await rows(before.FORGET_CODE, [last]);
    await becomesDue(last);
    expect(await run(CLAIM_DELIVERY, [last, WORKER])).toMatchObject({ sealedCode: null });
  });

  it('a customer’s next look is scheduled by either release', async () => {
    await rows(`INSERT INTO stripe_customer (id) VALUES ('cus_new')`);
    expect(await states('cus_new')).toEqual(['none']);
    await rows(before.CLOSE_SYNC, ['cus_new', null, new Date(), new Date(Date.now() + 3_600_000)]);
    expect(await secondsLeft('cus_new')).toBeGreaterThan(3_500);
    const userId = await makeUser();
    await rows(`UPDATE stripe_customer SET user_id = $1 WHERE id = 'cus_new'`, [userId]);
    await rows(before.RELEASE_CUSTOMER, [userId]);
    expect(await secondsLeft('cus_new')).toBeGreaterThan(50);
    expect(await secondsLeft('cus_new')).toBeLessThanOrEqual(60);
  });
});

/** Last of all: afterwards the release before cannot run any more. */
describe('the contract migration', () => {
  beforeAll(async () => {
    await rows(readFileSync('prisma/contract/drop_reply_leases.sql', 'utf8'));
  });

  it('leaves nothing of the bridge', async () => {
    const left = await rows(`
      SELECT tgname AS name FROM pg_trigger WHERE NOT tgisinternal UNION ALL
      SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'bridge%' UNION ALL
      SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'
        AND column_name IN ('ring_at', 'lease_until', 'available_at', 'sweep_at', 'delivery_attempts')
        AND table_name <> 'worker_process'`);
    expect(left).toEqual([]);
  });

  it('leaves every statement of this release able to run', async () => {
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.sql.ts'),
    );
    const statements = files.flatMap((file) =>
      Object.values(jest.requireActual<Record<string, Partial<Statement>>>(resolve('src', file))).filter(
        (each): each is Statement => typeof each?.text === 'string' && typeof each.name === 'string',
      ),
    );
    expect(statements.length).toBeGreaterThan(60);
    const client = await db.connect();
    const failures: string[] = [];
    for (const { name: statement, text } of statements)
      await client
        .query(`PREPARE "${statement}" AS ${text}`)
        .catch((error: Error) => failures.push(`${statement}: ${error.message}`));
    client.release(true);
    expect(failures).toEqual([]);
  });

  it('leaves a prompt accepted, claimed, cancelled, retried, finished and deleted', async () => {
    const userId = await makeUser();
    const room = await makeRoom(userId);
    const [head, next] = [await current.accept(userId, room), await current.accept(userId, room)];
    expect((await current.claim(head)).claim).toBe(1);
    expect(await current.cancel(head, userId, 1)).toMatchObject({ status: 'cancelled', content: 'the text' });
    expect((await run(RETRY_REPLY, [head, room, userId, null, null, ...CAPS])).claim).toBe(2);
    expect(await states(head, next)).toEqual(['waiting', 'ready']);
    const { claim } = await current.claim(next);
    expect(await current.finish(next, claim, userId)).toBe(true);
    expect(await states(head, next)).toEqual(['ready', 'none']);
    expect(await run(DELETE_CHATROOM, [room, userId, CAPS[0], null])).toMatchObject({ ended: [head] });
    expect(await states(head, next)).toEqual(['none', 'none']);
  });
});
