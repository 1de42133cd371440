import type { Client } from '../support/client.js';
import { signUp } from '../support/people.js';
import { hasPgBouncer, PgBouncer } from '../support/pgbouncer.js';
import { ending, openRoom, prompt } from '../support/rooms.js';
import { System } from '../support/system.js';

const describeBehindPgBouncer = hasPgBouncer ? describe : describe.skip;
if (!hasPgBouncer) console.warn('There is no /usr/sbin/pgbouncer here: its tests are skipped.');

const KEYED = { headers: { 'Idempotency-Key': 'once' } };

describeBehindPgBouncer('behind a PgBouncer in transaction mode', () => {
  let system: System;
  let bouncer: PgBouncer;
  let client: Client;

  beforeAll(async () => {
    system = await System.start({ apis: 0, workers: 0 });
    bouncer = await PgBouncer.start(system.env.DATABASE_URL ?? '');
    const env = {
      DATABASE_URL: bouncer.url,
      DIRECT_DATABASE_URL: system.env.DATABASE_URL ?? '',
      DATABASE_PREPARED_STATEMENTS: 'false',
    };
    await Promise.all([system.startApi(env), system.startWorker(env)]);
    client = system.client();
  }, 60_000);
  afterAll(async () => {
    await system?.stop();
    await bouncer?.stop();
  });

  it('people sign up, talk, and delete their account', async () => {
    const { accessToken } = await signUp(client);
    const me = client.as(accessToken);
    const room = await openRoom(me);
    const replies = await Promise.all(['[[say one]]', '[[say two]]'].map((text) => prompt(me, room, text)));
    const contents = await Promise.all(replies.map(async (id) => (await ending(me, room, id)).content));
    expect(contents.sort()).toEqual(['one', 'two']);
    const keyed = await me.post(`/chatroom/${room}/message`, { content: 'again' }, KEYED);
    const replay = await me.post(`/chatroom/${room}/message`, { content: 'again' }, KEYED);
    expect([keyed.status, replay.text]).toEqual([202, keyed.text]);
    expect((await me.get('/subscription/status')).body.usage.used).toBe(3);
    expect((await me.delete('/user/me', { confirm: 'delete my account' })).status).toBe(204);
    expect((await me.get('/user/me')).status).toBe(401);
  }, 30_000);

  it('it is ready while PostgreSQL can be asked', async () => {
    expect((await client.get('/readyz')).status).toBe(200);
  });
});
