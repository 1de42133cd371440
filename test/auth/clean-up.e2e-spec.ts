import { randomUUID } from 'node:crypto';
import { eventually } from '../support/eventually.js';
import { newMobile } from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
beforeAll(async () => {
  system = await System.start({ workers: 0 });
});
afterAll(() => system.stop());

const insert = (table: string, row: Record<string, unknown>) =>
  system.db.query(
    `INSERT INTO ${table} (${Object.keys(row).join()}) SELECT ${Object.keys(row).join()}
     FROM json_populate_record(NULL::${table}, $1)`,
    [row],
  );
const count = async (table: string) =>
  Number((await system.db.query(`SELECT count(*) FROM ${table}`)).rows[0].count);
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

/** A row of each kind that came to nothing `days` ago. */
async function leave(userId: string, days: number): Promise<void> {
  const at = daysAgo(days);
  const { mobile: identity } = newMobile();
  await insert('one_time_code', { identity, purpose: 'sign_in', id: randomUUID(), expires_at: at });
  const code = { identity, purpose: 'sign_in', origin: '', id: randomUUID() };
  await insert('otp_challenge', { ...code, guesses: 0, sent_at: at, expires_at: at });
  const send = { action: 'send', identity_hash: identity, purpose: 'sign_in', origin: '', id: randomUUID() };
  await insert('otp_log', { ...send, at });
  await insert('otp_budget', { hour: at, sends: 1 });
  await insert('notice', {
    id: randomUUID(),
    type: 'identity_changed',
    kind: 'mobile',
    address: identity,
    created_at: at,
  });
  await insert('code_guard', { identity, resets_at: at });
  await insert('session', { id: randomUUID(), user_id: userId, refresh_hash: identity, expires_at: at });
  await insert('quota_carry_over', { identity_hash: identity, day: at, used: 1 });
  await insert('quota_usage', { user_id: userId, day: daysAgo(days * 20), used: 1 });
  const signedUp = { id: randomUUID(), email: identity, email_key: identity, created_at: daysAgo(days * 5) };
  await insert('app_user', { ...signedUp, updated_at: at });
  const key = { user_id: userId, key: identity, fingerprint: 'x', owner: randomUUID() };
  await insert('idempotency_key', { ...key, status: 201, body: '{"content":"a secret"}', expires_at: at });
}

it('a worker removes what is over, more than a thousand rows of it too, and nothing else', async () => {
  const { id } = await system.user();
  await leave(id, 2);
  await leave(id, -2);
  await system.db.query(
    `INSERT INTO idempotency_key (user_id, key, fingerprint, owner, expires_at)
     SELECT $1, 'old ' || n, 'x', $1, now() - interval '1 hour' FROM generate_series(1, 2500) n`,
    [id],
  );
  await system.startWorker();
  const left = {
    // The bridge between the releases: one of a kind for each identity there, and a challenge for each of the two here.
    one_time_code: 1,
    otp_challenge: 2,
    otp_log: 1,
    otp_budget: 1,
    notice: 1,
    code_guard: 1,
    session: 2,
    quota_carry_over: 1,
    idempotency_key: 1,
    quota_usage: 1,
    // The one that is confirmed, and one whose time is not over.
    app_user: 2,
  };
  for (const [table, rows] of Object.entries(left))
    await eventually(`${rows} rows in ${table}`, async () => (await count(table)) === rows);
});
