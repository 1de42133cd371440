import { randomUUID } from 'node:crypto';
import { eventually, inTime } from '../support/eventually.js';
import { Environment } from '../support/environment.js';
import { Chat } from './chat.js';

describe('a PostgreSQL that fails', () => {
  let environment: Environment;
  let chat: Chat;

  beforeAll(async () => {
    environment = await Environment.start({ apis: 2, workers: 3 });
  }, 90_000);
  afterAll(() => environment.stop(), 60_000);
  beforeEach(async () => {
    chat = await Chat.open(environment);
  });

  /** Prompts with and without a key, at both processes, are refused in time, in the declared form. */
  async function refused(): Promise<void> {
    const ask = () =>
      [0, 1].flatMap((api) => [
        chat.send('hello', { api }),
        chat.send('hello', { api, headers: { 'Idempotency-Key': `key-${api}` } }),
        chat.client(api).get(`/chatroom/${chat.room}`),
      ]);
    for (const { status, body, headers } of await inTime(3_000, () => Promise.all(ask()))) {
      expect([status, body.code]).toEqual([503, 'service.unavailable']);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
  }

  const accepted = (content: string, headers?: Record<string, string>) =>
    eventually('a prompt is accepted again', () =>
      chat.accepted(content, headers ? { headers } : {}).catch(() => null),
    );

  it('that is down: 503 in time, and back without a restart', async () => {
    await environment.postgres.kill();
    await refused();
    await environment.postgres.restart();
    expect((await chat.final(await accepted('[[say back]]'))).content).toBe('back');
  }, 60_000);

  it('that hangs: 503 within 3 s, also for a second request, and back without a restart', async () => {
    environment.postgres.freeze();
    try {
      await refused();
      await refused();
    } finally {
      environment.postgres.thaw();
    }
    expect((await chat.final(await accepted('[[say back]]'))).content).toBe('back');
  }, 60_000);

  it('that hangs after it refused a prompt with a key: no second wait for what is given back', async () => {
    const { proxy } = environment.postgres;
    const elsewhere = `/chatroom/${randomUUID()}/message`;
    const refusedAndGone = async () => {
      proxy.freezeAt('ROLLBACK');
      const headers = { 'Idempotency-Key': randomUUID() };
      const answer = await chat.client().post(elsewhere, { content: 'hello' }, { headers });
      proxy.heal();
      return answer;
    };
    // Two seconds are one statement's; a second wait would make at least three of them.
    const { status, body } = await inTime(3_000, refusedAndGone).finally(() => proxy.heal());
    expect([status, body.code]).toEqual([503, 'service.unavailable']);
    expect((await chat.final(await accepted('[[say back]]'))).content).toBe('back');
  }, 30_000);

  it('that restarts while a reply is generated: the reply is kept, and paid for once', async () => {
    const id = await chat.accepted('<generated once> [[slow chunks=10 delay=200ms]] [[words 10]]');
    await chat.claimed(id);
    await environment.postgres.kill();
    await environment.postgres.restart();
    expect(await chat.final(id, 30_000)).toMatchObject({ status: 'completed' });
    const calls = environment.gemini.journal
      .all()
      .filter(({ contents }) => /generated once/.test(contents.at(-1)?.text ?? ''));
    expect(calls).toHaveLength(1);
  }, 60_000);

  it('whose connections are cut between the statements of a transaction: no process dies of it', async () => {
    const pids = environment.processes.map((slot) => slot.pid);
    for (let i = 0; i < 20; i += 1) {
      const sent = [0, 1].map((api) =>
        chat.send('hello', { api, headers: { 'Idempotency-Key': `cut-${i}-${api}` } }),
      );
      await environment.db
        .query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        )
        .catch(() => undefined);
      environment.postgres.proxy.drop();
      for (const { status } of await Promise.all(sent)) expect([202, 503]).toContain(status);
    }
    expect(environment.processes.map((slot) => slot.pid)).toEqual(pids);
    for (const slot of environment.processes) expect([slot.name, slot.running]).toEqual([slot.name, true]);
  }, 60_000);

  it('that cuts the connection after COMMIT: the key finds the one prompt that was accepted', async () => {
    environment.postgres.proxy.cutAfterAnswerTo('COMMIT', 1);
    const headers = { 'Idempotency-Key': 'committed-unseen' };
    const first = await chat.send('only once [[say once]]', { headers });
    environment.postgres.proxy.heal();
    expect(first.status).toBe(503);
    const id = await accepted('only once [[say once]]', headers);
    expect((await chat.final(id)).content).toBe('once');
    const { rows } = await environment.db.query(
      'SELECT count(*)::int AS count FROM message WHERE chatroom_id = $1',
      [chat.room],
    );
    expect(rows[0].count).toBe(2);
  }, 30_000);
});
