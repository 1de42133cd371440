import { randomUUID } from 'node:crypto';
import type { Client } from '../support/client.js';
import type { SignedIn } from '../support/factories.js';
import { askUntilItWaits } from '../support/database-activity.js';
import { eventually } from '../support/eventually.js';
import { openRoom } from '../support/rooms.js';
import { System } from '../support/system.js';

const CONFIRM = { confirm: 'delete my account' };

let system: System;
let person: Client & { user: SignedIn };
beforeAll(async () => {
  system = await System.start({ workers: 1 });
});
afterAll(() => system.stop());
beforeEach(async () => {
  person = await system.signedIn({ pro: true });
});

/** Finished turns, as many messages as said. */
async function fill(room: string, messages: number): Promise<void> {
  await system.db.query(
    `WITH turn AS (SELECT gen_random_uuid() AS prompt, n FROM generate_series(1, $2::int / 2) n), prompts AS (
       INSERT INTO message (id, chatroom_id, number, role, status, completed_at)
       SELECT prompt, $1, 2 * n - 1, 'user', 'completed', now() FROM turn)
     INSERT INTO message (id, chatroom_id, number, role, status, completed_at, reply_to)
     SELECT gen_random_uuid(), $1, 2 * n, 'model', 'completed', now(), prompt FROM turn`,
    [room, messages],
  );
}

describe('a room too large for one statement', () => {
  beforeAll(async () => {
    await system.db.query(`
      CREATE TABLE removal (messages int);
      CREATE FUNCTION note_removal() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO removal SELECT count(*) FROM gone; RETURN NULL; END $$;
      CREATE TRIGGER removal AFTER DELETE ON message REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION note_removal()`);
  });
  beforeEach(() => system.db.query('TRUNCATE removal'));

  it.each([
    ['by itself', (room: string) => person.delete(`/chatroom/${room}`)],
    ['with the account', () => person.delete('/user/me', CONFIRM)],
  ])(
    'goes %s, piece by piece',
    async (_, remove) => {
      const room = await openRoom(person);
      await fill(room, 10_000);
      expect((await remove(room)).status).toBe(204);
      expect((await person.get(`/chatroom/${room}`)).status).not.toBe(200);
      const { largest } = await eventually(
        'its rows to be purged',
        async () => {
          const { rows } = await system.db.query(
            `SELECT (SELECT count(*)::int FROM message WHERE chatroom_id = $1) +
                    (SELECT count(*)::int FROM chatroom WHERE id = $1) AS left,
                    (SELECT max(messages) FROM removal) AS largest`,
            [room],
          );
          return rows[0].left === 0 && rows[0];
        },
        100_000,
      );
      expect(largest).toBe(2_000);
    },
    120_000,
  );
});

describe('a reply that changes while the account is deleted', () => {
  it('does not keep it from going, and is not charged again', async () => {
    const room = await openRoom(person);
    const [prompt, reply] = [randomUUID(), randomUUID()];
    await system.db.query(
      `INSERT INTO message (id, chatroom_id, number, role, status, completed_at, reply_to)
       VALUES ($1, $3, 1, 'user', 'completed', now(), NULL), ($2, $3, 2, 'model', 'failed', now() - interval '1 day', $1)`,
      [prompt, reply, room],
    );
    await system.db.query(
      `INSERT INTO quota_usage (user_id, day, used) VALUES ($1, (now() AT TIME ZONE 'UTC')::date, 1)`,
      [person.user.id],
    );
    const usage = await system.db.connect();
    await usage.query('BEGIN');
    await usage.query('SELECT FROM quota_usage WHERE user_id = $1 FOR UPDATE', [person.user.id]);
    const { answer: deleted } = await askUntilItWaits(
      system.db,
      () => person.delete('/user/me', CONFIRM),
      'quota_carry_over',
    );
    const { answer: retried } = await askUntilItWaits(
      system.db,
      () => person.post(`/chatroom/${room}/message/${reply}/retry`),
      'INSERT INTO quota_usage AS q',
    );
    await usage.query('COMMIT');
    usage.release();
    expect((await deleted).status).toBe(204);
    expect((await retried).status).toBe(404);
  });
});

describe('deleting the account', () => {
  it('waits for a prompt that is being accepted, and neither is given up for the other', async () => {
    const room = await openRoom(person);
    const prompt = await system.db.connect();
    await prompt.query('BEGIN');
    await prompt.query('SELECT FROM app_user WHERE id = $1 FOR NO KEY UPDATE', [person.user.id]);
    const { answer: deleted } = await askUntilItWaits(system.db, () => person.delete('/user/me', CONFIRM));
    await prompt.query(
      "INSERT INTO quota_usage (user_id, day, used) VALUES ($1, (now() AT TIME ZONE 'UTC')::date, 1)",
      [person.user.id],
    );
    await prompt.query('SELECT FROM chatroom WHERE id = $1 FOR NO KEY UPDATE', [room]);
    await prompt.query('UPDATE app_user SET room_list_version = room_list_version + 1 WHERE id = $1', [
      person.user.id,
    ]);
    await prompt.query('COMMIT');
    prompt.release();
    expect((await deleted).status).toBe(204);
  });

  it('waits for a sync of the customer, and neither is given up for the other', async () => {
    expect((await person.post('/subscription/portal')).status).toBe(201);
    const sync = await system.db.connect();
    await sync.query('BEGIN');
    const locked = await sync.query('SELECT id FROM stripe_customer WHERE user_id = $1 FOR NO KEY UPDATE', [
      person.user.id,
    ]);
    expect(locked.rowCount).toBe(1);
    const { answer: deleted } = await askUntilItWaits(
      system.db,
      () => person.delete('/user/me', CONFIRM),
      'stripe_customer',
    );
    await sync.query('SELECT FROM app_user WHERE id = $1 FOR KEY SHARE', [person.user.id]);
    await sync.query('COMMIT');
    sync.release();
    expect((await deleted).status).toBe(204);
  });
});
