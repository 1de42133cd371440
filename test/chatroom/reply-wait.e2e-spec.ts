import type { Client } from '../support/client.js';
import { statementsSeen } from '../support/database-activity.js';
import { eventually } from '../support/eventually.js';
import type { ReplyOverrides, SignedIn } from '../support/factories.js';
import { publishedReply, subscriptions } from '../support/published-reply.js';
import { System } from '../support/system.js';

let system: System;
let ann: Client & { user: SignedIn };

beforeAll(async () => {
  system = await System.start({ apis: 2, workers: 0 });
  ann = await system.signedIn();
}, 60_000);
afterAll(() => system?.stop());

const subject = (overrides?: ReplyOverrides) => publishedReply(system, ann, overrides);

describe('?wait=N', () => {
  it('answers when the reply is finished, or after N seconds', async () => {
    const reply = await subject();
    const begun = performance.now();
    const early = await ann.get(`${reply.path}?wait=1`);
    expect(early).toMatchObject({
      status: 200,
      body: { status: 'in_progress', content: null },
    });
    expect(performance.now() - begun).toBeGreaterThan(990);
    const waiting = system.client(1).as(ann.user.accessToken).get(`${reply.path}?wait=20`);
    await eventually('a subscription', async () => (await subscriptions(system.redis, reply.replyId)) === 1);
    await reply.end('Done');
    expect(await waiting).toMatchObject({
      status: 200,
      body: { status: 'completed', content: 'Done' },
    });
    expect((await ann.get(`${reply.path}?wait=60`)).body.content).toBe('Done');
  });

  it('is one subscription for all, and none when all hung up', async () => {
    const reply = await subject();
    const abort = new AbortController();
    const waits = Array.from({ length: 20 }, () =>
      ann.get(`${reply.path}?wait=60`, { signal: abort.signal }).catch(() => null),
    );
    await eventually('a subscription', async () => (await subscriptions(system.redis, reply.replyId)) === 1);
    abort.abort();
    await Promise.all(waits);
    await eventually('no subscription', async () => (await subscriptions(system.redis, reply.replyId)) === 0);
  });

  it.each(['61', '-1', 'x', '1.5'])('%s is refused', async (wait) => {
    const reply = await subject({ status: 'completed', content: 'Done' });
    expect(await ann.get(`${reply.path}?wait=${wait}`)).toMatchObject({
      status: 400,
      body: { code: 'validation.failed' },
    });
  });

  it('does not ask PostgreSQL for each waiter', async () => {
    const reply = await subject();
    const waits = Array.from({ length: 50 }, () => ann.get(`${reply.path}?wait=20`));
    await eventually('a subscription', async () => (await subscriptions(system.redis, reply.replyId)) === 1);
    await eventually('all wait', async () => (await statementsSeen(system.db, 1_000)) < 10);
    expect(await statementsSeen(system.db, 3_000)).toBeLessThan(10);
    await reply.end('Done');
    for (const { body } of await Promise.all(waits)) expect(body.content).toBe('Done');
  });
});
