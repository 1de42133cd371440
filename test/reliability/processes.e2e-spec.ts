import { eventually } from '../support/eventually.js';
import type { Slot } from '../support/slot.js';
import { Environment } from '../support/environment.js';
import { Chat, timed } from './chat.js';

describe('two API processes and three workers, of which some die', () => {
  let environment: Environment;
  let chat: Chat;

  beforeAll(async () => {
    environment = await Environment.start({ apis: 2, workers: 3 });
  }, 90_000);
  afterAll(() => environment.stop(), 60_000);
  beforeEach(async () => {
    chat = await Chat.open(environment);
  });
  afterEach(() => Promise.all(environment.processes.map((slot) => slot.start())), 60_000);

  /** The worker that a failpoint froze, holding the reply. */
  const frozenWorker = () =>
    eventually('a frozen worker', () => environment.workers.find((slot) => slot.frozen));
  const arm = (slots: Slot[], failpoints: string) => slots.forEach((slot) => slot.arm(failpoints));

  it('has a killed worker’s reply running again within 15 s and completed within 20 s', async () => {
    arm(environment.workers, 'reply.claimed=stop@1');
    const id = await chat.accepted('a [[slow chunks=4 delay=100ms]] reply');
    const worker = await frozenWorker();
    arm(environment.workers, 'none');
    await worker.signal('SIGKILL');
    const [, running] = await timed(chat.claimed(id, 2));
    expect(running).toBeLessThan(15_000);
    const [reply, completed] = await timed(chat.final(id));
    expect(reply.status).toBe('completed');
    expect(running + completed).toBeLessThan(20_000);
  }, 60_000);

  it('lets a frozen worker change nothing when it wakes after another has finished', async () => {
    arm(environment.workers, 'reply.generated=stop@1');
    const id = await chat.accepted('[[say the one answer]]');
    const worker = await frozenWorker();
    arm(environment.workers, 'none');
    expect(await chat.final(id, 25_000)).toMatchObject({ status: 'completed', content: 'the one answer' });
    const read = async () => (await environment.db.query('SELECT * FROM message WHERE id = $1', [id])).rows;
    const finished = await read();
    expect(finished[0].claim).toBe(2);
    await worker.signal('SIGCONT');
    // Asked to stop, it first ends what it has in its hands.
    expect(await worker.signal('SIGTERM')).toBe(0);
    expect(await read()).toEqual(finished);
  }, 60_000);

  it('answers what an API process accepted and died of before it rang', async () => {
    arm(environment.apis.slice(0, 1), 'accept.committed=kill@1');
    await expect(chat.send('nobody rings [[say found]]')).rejects.toThrow();
    const id = await eventually('the committed reply', async () => {
      const { rows } = await environment.db.query(
        `SELECT id FROM message WHERE chatroom_id = $1 AND role = 'model'`,
        [chat.room],
      );
      return rows[0]?.id as string | undefined;
    });
    expect(await chat.final(id, 20_000, 1)).toMatchObject({ status: 'completed', content: 'found' });
  }, 60_000);

  it('answers what was accepted by a process that is killed right after its 202', async () => {
    const id = await chat.accepted('[[say still here]]', { api: 0 });
    await environment.apis[0]?.signal('SIGKILL');
    expect(await chat.final(id, 20_000, 1)).toMatchObject({ status: 'completed', content: 'still here' });
  }, 60_000);

  it('finishes what runs and takes no new work when a worker is asked to stop', async () => {
    const [stopping, ...others] = environment.workers;
    if (!stopping) throw new Error('there is no worker');
    await Promise.all(others.map((slot) => slot.signal('SIGKILL')));
    const running = await chat.accepted('[[slow chunks=20 delay=150ms]] [[words 20]]');
    await chat.claimed(running);
    const stopped = stopping.signal('SIGTERM');
    // A signal is asynchronous: work that comes before it was heard may still be taken.
    await eventually('its word that it drains', async () => {
      return (await fetch(`${stopping.url}/readyz`)).status === 503;
    });
    const later = await (await Chat.open(environment)).accepted('[[say for somebody else]]');
    const [how, took] = await timed(stopped);
    expect(how).toBe(0);
    expect(took).toBeLessThan(25_000);
    expect(await chat.final(running, 1_000)).toMatchObject({ status: 'completed' });
    const { rows } = await environment.db.query(
      'SELECT status, claim FROM message WHERE id = ANY ($1) ORDER BY claim',
      [[running, later]],
    );
    expect(rows).toEqual([
      { status: 'queued', claim: 0 },
      { status: 'completed', claim: 1 },
    ]);
    await Promise.all(environment.workers.map((slot) => slot.start()));
    await eventually('the other one', async () => {
      const {
        rows: [row],
      } = await environment.db.query('SELECT status FROM message WHERE id = $1', [later]);
      return row.status === 'completed';
    });
  }, 90_000);

  it('cancels and retries from any process', async () => {
    const id = await chat.accepted('[[slow chunks=40 delay=200ms]] [[words 40]]', { api: 0 });
    await chat.claimed(id);
    const path = `/chatroom/${chat.room}/message/${id}`;
    expect((await chat.client(1).post(`${path}/cancel`)).body).toMatchObject({ id, status: 'cancelled' });
    expect((await chat.client(0).post(`${path}/retry`)).body).toMatchObject({
      id,
      status: 'queued',
      content: null,
    });
    const again = await chat.client(1).post(`${path}/retry`);
    expect([again.status, again.body.code]).toEqual([409, 'message.not_retryable']);
    expect((await chat.client(1).post(`${path}/cancel`)).status).toBe(200);
  }, 30_000);

  it('does not let a cancellation that is told late touch the run that was asked for since', async () => {
    arm(environment.apis.slice(0, 1), 'cancel.committed=stop@1');
    const id = await chat.accepted('[[slow chunks=20 delay=150ms]] [[words 20]]', { api: 1 });
    await chat.claimed(id);
    const path = `/chatroom/${chat.room}/message/${id}`;
    const cancelled = chat.client(0).post(`${path}/cancel`);
    const api = await eventually('a frozen API process', () => environment.apis.find((slot) => slot.frozen));
    expect((await chat.client(1).post(`${path}/retry`)).status).toBe(202);
    await chat.claimed(id, 3);
    await api.signal('SIGCONT');
    expect((await cancelled).body.status).toBe('cancelled');
    expect(await chat.final(id, 20_000, 1)).toMatchObject({ status: 'completed' });
    const { rows } = await environment.db.query('SELECT claim, attempts FROM message WHERE id = $1', [id]);
    expect(rows).toEqual([{ claim: 3, attempts: 0 }]);
  }, 60_000);
});
