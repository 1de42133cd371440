import type { Client } from '../support/client.js';
import { eventually, inTime } from '../support/eventually.js';
import { EventStream, isEnding } from '../support/event-stream.js';
import type { SignedIn } from '../support/factories.js';
import { PrivateRedis } from '../support/private-redis.js';
import { ending, openRoom, prompt, send } from '../support/rooms.js';
import { System } from '../support/system.js';

let redis: PrivateRedis;
let system: System;
let ann: Client & { user: SignedIn };
let room: string;

beforeAll(async () => {
  redis = await PrivateRedis.start();
  system = await System.start({ apis: 2, workers: 1, env: { REDIS_URL: redis.url } });
}, 60_000);
afterAll(async () => {
  await system?.stop();
  await redis?.stop();
});
beforeEach(async () => {
  ann = await system.signedIn({ pro: true });
  room = await openRoom(ann);
});

const SLOW = '[[slow chunks=30 delay=150ms]] [[words 120]]';

const streamOf = (replyId: string, api = 0, lastEventId?: number) =>
  EventStream.open(
    system.client(api).as(ann.user.accessToken),
    `/chatroom/${room}/message/${replyId}/stream`,
    {
      lastEventId,
    },
  );

async function expectWhole(stream: EventStream, replyId: string): Promise<void> {
  const last = await stream.ending(30_000);
  const reply = await ending(ann, room, replyId);
  expect(reply.content.length).toBeGreaterThan(100);
  expect(last.data).toEqual(reply);
  expect(stream.text).toBe(reply.content);
  expect(stream.events.filter(isEnding)).toHaveLength(1);
  const ids = stream.events.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
}

async function nothingLeaked(): Promise<void> {
  await eventually(
    'no channel of a reply',
    async () => (await system.redis.pubsub('CHANNELS', 'reply:*')).length === 0,
  );
  const connections = ((await system.redis.client('LIST')) as string).split('\n');
  const subscribers = connections.filter((line) => line.includes('name=gemini-chat:subscriber'));
  expect(subscribers).toHaveLength(system.apis.length + system.workers.length);
}

it('Redis flushed in mid-stream', async () => {
  const replyId = await prompt(ann, room, `${SLOW} flushed`);
  const early = await streamOf(replyId);
  await early.event('delta');
  await system.redis.flushdb();
  const late = await streamOf(replyId);
  const elsewhere = await streamOf(replyId, 1);
  const { text: before, lastId } = early;
  const resumed = await streamOf(replyId, 1, lastId);
  await Promise.all([early, late, elsewhere].map((stream) => expectWhole(stream, replyId)));
  await resumed.ending();
  expect(resumed.names).not.toContain('restart');
  expect(before + resumed.text).toBe(early.text);
  await nothingLeaked();
});

it('Redis killed and started again, empty, in mid-stream', async () => {
  const done = await prompt(ann, room, 'Hello');
  await ending(ann, room, done);
  const replyId = await prompt(ann, room, `${SLOW} restarted`);
  const early = await streamOf(replyId);
  await early.event('delta');
  await redis.kill();
  await eventually('503', async () => (await refusal(replyId)).status === 503);
  expect(await refusal(replyId)).toMatchObject({ status: 503, body: { code: 'service.unavailable' } });
  expect(Number((await refusal(replyId)).headers.get('retry-after'))).toBeGreaterThan(0);
  const finished = await streamOf(done, 1);
  expect(await finished.ending()).toMatchObject({ event: 'completed' });
  expect(finished.text).toBe((await finished.ending()).data.content);
  const list = await ann.get('/chatroom');
  expect([list.status, list.headers.get('x-cache')]).toEqual([200, 'MISS']);
  await redis.launch();
  const late = await eventually('a stream again', () => streamOf(replyId, 1).catch(() => null));
  await Promise.all([early, late].map((stream) => expectWhole(stream, replyId)));
  await nothingLeaked();
}, 60_000);

it('a reply that ends while Redis is away reaches those who listened', async () => {
  const replyId = await prompt(ann, room, '[[slow chunks=10 delay=150ms]] [[words 120]] away');
  const stream = await streamOf(replyId);
  await stream.event('delta');
  const waiting = ann.get(`/chatroom/${room}/message/${replyId}?wait=30`);
  await redis.kill();
  const begun = performance.now();
  await expectWhole(stream, replyId);
  expect((await waiting).body.status).toBe('completed');
  expect(performance.now() - begun).toBeLessThan(10_000);
  await redis.launch();
}, 60_000);

it.each([
  ['dead', () => redis.kill(), () => redis.launch()],
  ['frozen', async () => redis.freeze(), async () => redis.thaw()],
])(
  'a prompt is answered with 202 while Redis is %s, whatever its client preferred or accepts',
  async (_, disturb, heal) => {
    const wishes: Record<string, string>[] = [{ Prefer: 'wait=5' }, { Accept: 'text/event-stream' }];
    await disturb();
    const accepted: string[] = [];
    try {
      for (const headers of wishes) {
        const answer = await inTime(3_000, () => send(ann, room, '[[say late]]', headers));
        expect([answer.status, answer.body.reply.status]).toEqual([202, 'queued']);
        expect(answer.headers.get('content-type')).toMatch('application/json');
        accepted.push(answer.body.reply.id);
        const stream = await refusal(answer.body.reply.id);
        expect([stream.status, stream.body.code]).toEqual([503, 'service.unavailable']);
      }
    } finally {
      await heal();
    }
    for (const replyId of accepted) expect((await ending(ann, room, replyId)).content).toBe('late');
  },
  60_000,
);

it('a frozen Redis holds nobody for more than 3 s', async () => {
  const replyId = await prompt(ann, room, '[[slow chunks=60 delay=150ms]] frozen');
  await eventually(
    'it runs',
    async () => (await ann.get(`/chatroom/${room}/message/${replyId}`)).body.status === 'in_progress',
  );
  redis.freeze();
  try {
    for (const [expected, ask] of [
      [503, () => refusal(replyId)],
      [200, () => ann.get('/chatroom')],
      [200, () => ann.get(`/chatroom/${room}`)],
    ] as const) {
      expect((await inTime<{ status: number }>(3_000, ask)).status).toBe(expected);
    }
  } finally {
    redis.thaw();
  }
  const stream = await eventually('a stream again', () => streamOf(replyId).catch(() => null));
  await expectWhole(stream, replyId);
}, 60_000);

function refusal(replyId: string) {
  return ann.get(`/chatroom/${room}/message/${replyId}/stream`, { signal: AbortSignal.timeout(5_000) });
}
