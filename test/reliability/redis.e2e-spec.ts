import { inTime } from '../support/eventually.js';
import { Environment } from '../support/environment.js';
import { Chat } from './chat.js';

describe('a Redis that fails', () => {
  let environment: Environment;
  let chat: Chat;

  beforeAll(async () => {
    environment = await Environment.start({ apis: 2, workers: 3 });
  }, 90_000);
  afterAll(() => environment.stop(), 60_000);
  beforeEach(async () => {
    chat = await Chat.open(environment);
  });

  /** Accepts two prompts, reads and cancels a third in time, while Redis is away. */
  async function carryOn(): Promise<string[]> {
    const ids = [];
    for (const api of [0, 1]) {
      ids.push(await inTime(1_500, () => chat.accepted(`[[say from ${api}]]`, { api })));
    }
    const read = await inTime(3_000, () => chat.client(1).get(`/chatroom/${chat.room}`));
    expect(read.status).toBe(200);
    const list = await chat.client(0).get('/chatroom');
    expect(list.status).toBe(200);
    return ids;
  }

  async function answered(ids: string[]): Promise<void> {
    for (const [i, id] of ids.entries())
      expect(await chat.final(id, 30_000)).toMatchObject({ status: 'completed', content: `from ${i}` });
  }

  it('that is down: prompts are accepted at once, and answered when it is back', async () => {
    await environment.redis.kill();
    const ids = await carryOn();
    await environment.redis.restart();
    await answered(ids);
  }, 60_000);

  it('that comes back empty: prompts whose jobs it held are answered', async () => {
    await Promise.all(environment.workers.map((slot) => slot.signal('SIGSTOP')));
    const ids = [await chat.accepted('[[say from 0]]'), await chat.accepted('[[say from 1]]')];
    await environment.redis.kill();
    await environment.redis.restart({ empty: true });
    await Promise.all(environment.workers.map((slot) => slot.signal('SIGCONT')));
    await answered(ids);
  }, 60_000);

  it('that is flushed: prompts whose jobs it held are answered', async () => {
    await Promise.all(environment.workers.map((slot) => slot.signal('SIGSTOP')));
    const ids = [await chat.accepted('[[say from 0]]'), await chat.accepted('[[say from 1]]')];
    await environment.redis.flush();
    await Promise.all(environment.workers.map((slot) => slot.signal('SIGCONT')));
    await answered(ids);
  }, 60_000);

  it('that hangs: prompts are accepted within 1.5 s, and answered when it goes on', async () => {
    environment.redis.freeze();
    const ids = await carryOn().finally(() => environment.redis.thaw());
    await answered(ids);
  }, 60_000);

  it('leaves no process behind that needs a restart', async () => {
    const began = await chat.accepted('[[say from 0]]');
    await answered([began]);
    for (const slot of environment.processes) expect([slot.name, slot.running]).toEqual([slot.name, true]);
  });
});
