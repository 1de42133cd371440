import type { Client } from '../support/client.js';
import { DeafReader } from '../support/deaf-reader.js';
import { eventually, holds } from '../support/eventually.js';
import { EventStream } from '../support/event-stream.js';
import { buildReply, buildRoom, type SignedIn } from '../support/factories.js';
import { collectable, collectGarbage } from '../support/garbage.js';
import { PrivateRedis } from '../support/private-redis.js';
import { publish } from '../support/published-reply.js';
import { System, type Api } from '../support/system.js';

const READERS = 100;
/** Far more in all than what sockets hold: 128 deltas of 64 KiB. */
const DELTA = 'x'.repeat(65_536);
const DELTAS = 128;
const MB = 1024 * 1024;

/** What takes its time, at one process, while readers that do not read for a minute wait at another. */
let system: System;
/** Of this test's own: its channels are counted. */
let redis: PrivateRedis;
let ann: Client & { user: SignedIn };

beforeAll(async () => {
  redis = await PrivateRedis.start();
  system = await System.start({ apis: 2, workers: 0, env: { ...collectable, REDIS_URL: redis.url } });
  ann = await system.signedIn();
}, 60_000);
afterAll(async () => {
  await system?.stop();
  await redis?.stop();
});

async function running(person: SignedIn): Promise<{ replyId: string; path: string }> {
  const room = await buildRoom(system.db, person.id);
  const replyId = await buildReply(system.db, room);
  await publish(system.redis, replyId, { kind: 'begin', claim: 1, attempt: 1 });
  return { replyId, path: `/chatroom/${room}/message/${replyId}/stream` };
}

const end = (replyId: string, content: string) =>
  system.db.query(
    "UPDATE message SET status = 'completed', content = $2, claim = 1, completed_at = now() WHERE id = $1",
    [replyId, content],
  );

/** What the second process uses, garbage that it has not collected yet left out as far as can be. */
async function usage() {
  collectGarbage(system.apis[1] as Api);
  const { text } = await system.client(1).get('/metrics');
  const value = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
  return {
    resident: value('process_resident_memory_bytes'),
    memory: value('nodejs_heap_size_used_bytes') + value('nodejs_external_memory_bytes'),
    sockets: value('nodejs_active_resources{type="TCPSocketWrap"}'),
  };
}

const channels = async () => (await system.redis.pubsub('CHANNELS', 'reply:*')) as string[];

describe('readers that do not read', () => {
  let before: Awaited<ReturnType<typeof usage>>;
  let reply: Awaited<ReturnType<typeof running>>;
  let reader: EventStream;
  let deaf: DeafReader[];
  let since: number;

  it('cost nothing, while what they do not read goes by', async () => {
    reply = await running(ann.user);
    before = await usage();
    const [, { url }] = system.apis as [unknown, { url: string }];
    deaf = await Promise.all(
      Array.from({ length: READERS }, () => DeafReader.open(url, reply.path, ann.user.accessToken)),
    );
    since = performance.now();
    reader = await EventStream.open(system.client(1).as(ann.user.accessToken), reply.path);
    for (let at = 0; at < DELTAS; at++) {
      const offset = at * DELTA.length;
      await publish(system.redis, reply.replyId, {
        kind: 'delta',
        claim: 1,
        attempt: 1,
        offset,
        text: DELTA,
      });
      await eventually('the reader has it', () => reader.text.length === offset + DELTA.length);
    }
    const grown = (await usage()).resident - before.resident;
    console.log(`${READERS} readers that do not read ${DELTAS / 16} MB: ${(grown / MB).toFixed(0)} MB`);
    // Half of what it would be if each reader cost its own copy: garbage not yet collected counts too.
    expect(grown).toBeLessThan((READERS * DELTAS * DELTA.length) / 2);
  }, 60_000);

  it('keep nobody else waiting: a reply whose ending nobody announced ends within 15 s', async () => {
    const { replyId, path } = await running(ann.user);
    const streams = await Promise.all(
      [0, 1].map((api) => EventStream.open(system.client(api).as(ann.user.accessToken), path)),
    );
    await publish(system.redis, replyId, { kind: 'delta', claim: 1, attempt: 1, offset: 0, text: 'half' });
    for (const stream of streams) await stream.event('delta');
    await end(replyId, 'half and half');
    for (const stream of streams) {
      await stream.ending(16_000);
      expect(stream.text).toBe('half and half');
      expect(stream.names).toEqual(['delta', 'delta', 'completed']);
    }
  }, 30_000);

  it('nor without a sign of life every 15 s; a stream is closed when its session is revoked', async () => {
    const user = await system.user();
    const { path } = await running(user);
    const stream = await EventStream.open(system.client(1).as(user.accessToken), path);
    await eventually('a comment', () => stream.comments > 0, 16_000);
    expect(stream.closed).toBe(false);
    await system.db.query('UPDATE session SET revoked_at = now() WHERE id = $1', [user.sessionId]);
    await eventually('the end', () => stream.closed, 16_000);
    expect(stream.events).toEqual([]);
  }, 40_000);

  it('get the rest when they read on after a minute, and leave nothing behind', async () => {
    await holds(60_000 - (performance.now() - since), async () => {
      expect((await usage()).sockets).toBeGreaterThan(before.sockets + READERS);
    });
    await end(reply.replyId, DELTA.repeat(DELTAS));
    await publish(system.redis, reply.replyId, { kind: 'end', claim: 1 });
    await reader.ending();
    for (const one of deaf.slice(0, 3)) expect(await one.rest()).toHaveLength(DELTAS * DELTA.length);
    for (const one of deaf) one.leave();
    await eventually('nobody listens', async () => (await channels()).length === 0);
    // The pool's own connections may have come in the meantime.
    await eventually('sockets are closed', async () => (await usage()).sockets <= before.sockets + 12);
    // A connection of the pool may hold the rows it was opened for until it is closed, after 30 s without work.
    await eventually(
      'the memory is free',
      async () => (await usage()).memory < before.memory + 5 * MB,
      60_000,
    );
  }, 180_000);
});
