import type { Client } from '../support/client.js';
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

const begin = (claim = 1, attempt = claim) => ({ kind: 'begin', claim, attempt }) as const;
const delta = (offset: number, text: string, claim = 1) =>
  ({ kind: 'delta', claim, attempt: claim, offset, text }) as const;

describe('the stream of a reply', () => {
  it('replays, follows and ends with the Message', async () => {
    const reply = await subject();
    await reply.publish(begin(), delta(0, 'Hello'));
    const early = await reply.open();
    await early.event('delta');
    await reply.publish(delta(5, ', world'));
    const late = await reply.open({ api: 1 });
    await reply.end('Hello, world');
    for (const stream of [early, late]) {
      const ending = await stream.ending();
      expect(stream.text).toBe('Hello, world');
      expect(ending).toMatchObject({
        event: 'completed',
        data: {
          id: reply.replyId,
          status: 'completed',
          content: 'Hello, world',
          role: 'model',
        },
      });
      const ids = stream.events.map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    }
    expect((await ann.get(reply.path)).body).toEqual((await late.ending()).data);
    const { headers } = early.response;
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('reaches a listener within 50 ms', async () => {
    const reply = await subject();
    await reply.publish(begin());
    const stream = await reply.open();
    const delays: number[] = [];
    for (let offset = 0; offset < 20; offset++) {
      const sent = performance.now();
      await reply.publish(delta(offset, 'x'));
      await eventually('the delta', () => stream.text.length === offset + 1);
      delays.push((stream.events.at(-1)?.at ?? Infinity) - sent);
    }
    stream.hangUp();
    expect(delays.sort((a, b) => a - b)[10]).toBeLessThan(50);
  });

  it('opens while its text pours in', async () => {
    const open = async () => {
      const reply = await subject();
      await reply.publish(begin(), delta(0, 'x'));
      let pouring = true;
      const pour = (async () => {
        for (let offset = 1; pouring; offset++) await reply.publish(delta(offset, 'x'));
      })();
      const stream = await reply.open().finally(() => (pouring = false));
      await pour;
      await stream.event('delta');
      stream.hangUp();
    };
    for (let round = 0; round < 3; round++) await Promise.all(Array.from({ length: 10 }, open));
  });

  it('goes on after Last-Event-ID, on another process, without a restart', async () => {
    const reply = await subject();
    await reply.publish(begin(), delta(0, 'one '), delta(4, 'two '));
    const first = await reply.open();
    const { id } = await first.event('delta');
    first.hangUp();
    await reply.publish(delta(8, 'three'));
    const second = await reply.open({ api: 1, lastEventId: id });
    await reply.end('one two three');
    await second.ending();
    expect(second.names).toEqual(['delta', 'completed']);
    expect(first.text + second.text).toBe('one two three');
    const third = await reply.open({ lastEventId: second.lastId });
    await third.ending();
    expect(third.names).toEqual(['completed']);
    const fourth = await reply.open({ lastEventId: id });
    await fourth.ending();
    expect(first.text + fourth.text).toBe('one two three');
  });

  it('begins anew where another worker took over, and drops what the old one still says', async () => {
    const reply = await subject();
    await reply.publish(begin(), delta(0, 'old text'));
    const stream = await reply.open();
    const { id } = await stream.event('delta');
    await reply.publish(begin(2), delta(0, 'new', 2), delta(8, ' and late'), delta(3, ' text', 2), {
      kind: 'end',
      claim: 1,
    });
    const resumed = await reply.open({ api: 1, lastEventId: id });
    await resumed.event('restart');
    await reply.end('new text', { claim: 2 });
    for (const each of [stream, resumed]) {
      await each.ending();
      expect(each.events.filter(({ event }) => event === 'restart')).toMatchObject([
        { data: { attempt: 2 } },
      ]);
      expect(each.text).toBe('new text');
    }
    const fresh = await reply.open();
    await fresh.ending();
    expect(fresh.names).toEqual(['delta', 'completed']);
  });

  it('of a retried reply is a new run: nothing of the old one is shown', async () => {
    const reply = await subject();
    await reply.publish(begin(), delta(0, 'old text'));
    await reply.end(null, { status: 'failed' });
    const before = await reply.open();
    expect(await before.ending()).toMatchObject({
      event: 'failed',
      data: { content: null },
    });
    expect(before.names).toEqual(['failed']);
    await system.db.query(
      "UPDATE message SET status = 'queued', claim = 2, completed_at = NULL WHERE id = $1",
      [reply.replyId],
    );
    const stream = await reply.open();
    const resumed = await reply.open({ lastEventId: before.lastId });
    await reply.publish(begin(3, 1), delta(0, 'new', 3));
    await stream.event('delta');
    await reply.end('new', { claim: 3 });
    await stream.ending();
    await resumed.ending();
    expect(stream.names).toEqual(['delta', 'completed']);
    expect(resumed.names).toEqual(['restart', 'delta', 'completed']);
  });

  it('is completed from the row when its entries are gone', async () => {
    const reply = await subject();
    await reply.publish(begin(), delta(0, 'Hello'));
    const stream = await reply.open();
    await stream.event('delta');
    await system.redis.del(`{reply:${reply.replyId}}:stream`);
    await reply.end('Hello, world');
    await stream.ending();
    expect(stream.text).toBe('Hello, world');
    const late = await reply.open();
    await late.ending();
    expect(late.text).toBe('Hello, world');
  });

  it('waits for text that is missing in between, and reads it again', async () => {
    const reply = await subject();
    await reply.publish(begin(), delta(0, 'abc'));
    const stream = await reply.open();
    await stream.event('delta');
    // stored in the stream, but the publication was lost
    await system.redis.xadd(`{reply:${reply.replyId}}:stream`, '*', 'e', JSON.stringify(delta(3, 'def')));
    await reply.publish(delta(6, 'ghi'));
    await eventually('the whole text', () => stream.text === 'abcdefghi');
    stream.hangUp();
  });

  it('says where the content is another than what was published', async () => {
    const reply = await subject();
    await reply.publish(begin(), delta(0, 'Hello'));
    const stream = await reply.open();
    await stream.event('delta');
    await reply.end('Bonjour');
    await stream.ending();
    expect(stream.names).toEqual(['delta', 'restart', 'delta', 'completed']);
    expect(stream.text).toBe('Bonjour');
    const ids = stream.events.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  });

  it('closes without an ending when its room is removed', async () => {
    const reply = await subject();
    const stream = await reply.open();
    expect((await ann.delete(reply.path.split('/message')[0] ?? '')).status).toBe(204);
    await eventually('the end', () => stream.closed);
    expect(stream.events).toEqual([]);
    await expect(reply.open()).rejects.toThrow(/404.*chatroom.not_found/);
  });

  it("is nobody else's, and a prompt has none", async () => {
    const reply = await subject();
    const bob = await system.signedIn();
    expect(await bob.get(`${reply.path}/stream`)).toMatchObject({
      status: 404,
      body: { code: 'chatroom.not_found' },
    });
    expect((await system.client().get(`${reply.path}/stream`)).status).toBe(401);
    const { rows } = await system.db.query('SELECT reply_to AS id FROM message WHERE id = $1', [
      reply.replyId,
    ]);
    const path = reply.path.replace(reply.replyId, rows[0].id);
    expect(await ann.get(`${path}/stream`)).toMatchObject({
      status: 404,
      body: { code: 'message.not_found' },
    });
    const head = await ann.raw('HEAD', `${reply.path}/stream`);
    expect([head.status, await head.text()]).toEqual([200, '']);
    await eventually('no subscription', async () => (await subscriptions(system.redis, reply.replyId)) === 0);
  });
});
