import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { EventStream } from '../support/event-stream.js';
import { buildReply, buildRoom } from '../support/factories.js';
import { askCode, newMobile, signIn, signUp, type Who } from '../support/people.js';
import { System } from '../support/system.js';

const PASSWORD = 'a long walk in the rain';

let system: System;
let client: Client;

/** Two devices of one person; one of them has a stream and a wait of an unfinished reply open on the second process. */
async function devices(there = system.client(1)) {
  const who = newMobile();
  const mine = await signUp(client, who, { password: PASSWORD });
  const theirs = await signIn(client, who);
  const replyId = await buildReply(system.db, await buildRoom(system.db, mine.user.id));
  const { rows } = await system.db.query('SELECT chatroom_id AS id FROM message WHERE id = $1', [replyId]);
  const path = `/chatroom/${rows[0].id}/message/${replyId}`;
  const device = there.as(theirs.accessToken);
  const wait = device.get(`${path}?wait=60`);
  let answered = false;
  void wait.then(() => (answered = true));
  return { who, mine, theirs, path, device, wait, isAnswered: () => answered };
}

type Devices = Awaited<ReturnType<typeof devices>>;

const ended = async (open: Devices, stream: EventStream) => {
  await eventually('the stream is closed', () => stream.closed);
  const { body } = await open.wait;
  // With an account its rooms go too: which of both a wait notices first does not matter.
  expect(['auth.unauthenticated', 'chatroom.not_found']).toContain(body.code);
};

describe('what a session has open on another process', () => {
  beforeAll(async () => {
    // The processes' own checks come so late that only the announcement ends anything within the test.
    system = await System.start({ apis: 2, workers: 0, timeScale: 100 });
    client = system.client(0);
  });
  afterAll(() => system?.stop());

  const sessionOf = ({ theirs }: Devices) =>
    JSON.parse(Buffer.from(theirs.accessToken.split('.')[1], 'base64url').toString()).sid as string;
  const as = ({ mine }: Devices) => client.as(mine.accessToken);

  const ends: [how: string, act: (open: Devices) => Promise<{ status: number }>][] = [
    ['it logs out', ({ theirs }) => client.as(theirs.accessToken).post('/auth/logout')],
    ['another device ends it', (open) => as(open).delete(`/auth/sessions/${sessionOf(open)}`)],
    ['another device ends all others', (open) => as(open).delete('/auth/sessions')],
    [
      'the password is changed',
      (open) =>
        as(open).post('/auth/change-password', {
          newPassword: 'another long walk',
          currentPassword: PASSWORD,
        }),
    ],
    [
      'the password is reset',
      async ({ who }) => {
        const otp = await askCode(client, who, '/auth/forgot-password');
        return client.post('/auth/reset-password', { ...who, otp, newPassword: 'another long walk' });
      },
    ],
    [
      'the identity is changed',
      async (open) => {
        const next: Who = newMobile();
        const otp = await askCode(as(open), next, '/user/me/identity');
        return as(open).post('/user/me/identity/verify', { ...next, otp });
      },
    ],
    [
      'its refresh token is used twice',
      async (open) => {
        const { refreshToken } = open.theirs;
        await client.post('/auth/refresh', { refreshToken });
        await system.db.query(
          'UPDATE session SET spent = (SELECT jsonb_object_agg(hash, 0) FROM jsonb_each(spent) AS s(hash, at)) WHERE id = $1',
          [sessionOf(open)],
        );
        const { status } = await client.post('/auth/refresh', { refreshToken });
        return { status: status === 401 ? 204 : status };
      },
    ],
    ['the account is deleted', (open) => as(open).delete('/user/me', { confirm: 'delete my account' })],
  ];

  it.each(ends)('ends when %s', async (_, act) => {
    const open = await devices();
    const stream = await EventStream.open(open.device, `${open.path}/stream`);
    expect([stream.closed, open.isAnswered()]).toEqual([false, false]);
    expect([200, 204]).toContain((await act(open)).status);
    await ended(open, stream);
  });

  it('goes on for the other devices', async () => {
    const open = await devices();
    const stream = await EventStream.open(client.as(open.mine.accessToken), `${open.path}/stream`);
    expect((await client.as(open.theirs.accessToken).post('/auth/logout')).status).toBe(204);
    expect((await open.wait).status).toBe(401);
    expect(stream.closed).toBe(false);
    stream.hangUp();
  });
});

describe('without an announcement', () => {
  beforeAll(async () => {
    system = await System.start({ apis: 2, workers: 0 });
    client = system.client(0);
  });
  afterAll(() => system?.stop());

  it.each([
    ['is revoked', 'revoked_at = now()'],
    ['expires', 'expires_at = now()'],
  ])('all ends too when the session %s', async (_, change) => {
    const open = await devices();
    const stream = await EventStream.open(open.device, `${open.path}/stream`);
    await system.db.query(`UPDATE session SET ${change} WHERE user_id = $1`, [open.mine.user.id]);
    await ended(open, stream);
  });

  it('a wait ends while Redis is away', async () => {
    const alone = await system.startApi({ REDIS_URL: 'redis://127.0.0.1:1' });
    const open = await devices(new Client(alone.url));
    expect((await client.as(open.theirs.accessToken).post('/auth/logout')).status).toBe(204);
    expect((await open.wait).status).toBe(401);
  });

  it('a prompt that was accepted keeps its 202', async () => {
    const { accessToken, user } = await signUp(client);
    const room = await buildRoom(system.db, user.id);
    const sent = system
      .client(1)
      .as(accessToken)
      .post(`/chatroom/${room}/message`, { content: 'Hello' }, { headers: { Prefer: 'wait=60' } });
    await eventually('it is accepted', async () => {
      const { rows } = await system.db.query('SELECT FROM message WHERE chatroom_id = $1', [room]);
      return rows.length > 0;
    });
    expect((await client.as(accessToken).post('/auth/logout')).status).toBe(204);
    const { status, body } = await sent;
    expect([status, body.reply.status]).toEqual([202, 'queued']);
  });
});
