import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import type { SignedIn } from '../support/factories.js';
import { collectable, collectGarbage } from '../support/garbage.js';
import { inParallel } from '../support/people.js';
import { PrivateRedis } from '../support/private-redis.js';
import { openRoom, prompt } from '../support/rooms.js';
import { System, type Api } from '../support/system.js';

const REPLIES = 50;
const LISTENERS = 1_000;
const MB = 1024 * 1024;

/** Of this test's own: its connections and channels are counted. */
let redis: PrivateRedis;
let system: System;
let ann: Client & { user: SignedIn };

beforeAll(async () => {
  redis = await PrivateRedis.start();
  const env = {
    ...collectable,
    REDIS_URL: redis.url,
    WORKER_CONCURRENCY: String(REPLIES),
    MAX_RUNNING_REPLIES_PER_USER: String(REPLIES),
    MAX_UNFINISHED_REPLIES_PER_USER: String(3 * REPLIES),
    LOG_LEVEL: 'warn',
  };
  system = await System.start({ env });
  ann = await system.signedIn({ pro: true });
}, 60_000);
afterAll(async () => {
  await system?.stop();
  await redis?.stop();
});

/** Bytes. Garbage that the process has not collected yet is left out as far as can be. */
async function memory(): Promise<{ resident: number; heap: number }> {
  collectGarbage(system.apis[0] as Api);
  const { text } = await system.client().get('/metrics');
  const value = (name: string) => Number(new RegExp(`^${name}(?:{.*})? (.*)$`, 'm').exec(text)?.[1]);
  return { resident: value('process_resident_memory_bytes'), heap: value('nodejs_heap_size_used_bytes') };
}

async function redisConnections(): Promise<number> {
  const list = (await system.redis.client('LIST')) as string;
  return list.split('\n').filter((line) => line.includes('name=gemini-chat')).length;
}

const channels = async () => (await system.redis.pubsub('CHANNELS', 'reply:*')) as string[];

/** Somebody who reads a stream to its end and keeps only what is needed to judge it. */
class Listener {
  text = '';
  ending = '';
  inOrder = true;
  private buffered = '';
  private lastId = 0;

  private constructor(private readonly response: IncomingMessage) {
    response.setEncoding('utf8').on('data', (chunk: string) => this.read(chunk));
    response.on('error', () => undefined);
  }

  static async open(path: string, agent: Agent): Promise<Listener> {
    const headers = { Authorization: `Bearer ${ann.user.accessToken}` };
    const request = get(`${system.apis[0]?.url}${path}/stream`, { agent, headers });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`no stream: ${response.statusCode}`);
    return new Listener(response);
  }

  leave(): void {
    this.response.destroy();
  }

  private read(chunk: string): void {
    const blocks = (this.buffered + chunk).split('\n\n');
    this.buffered = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, id, event, data] = /^id: (\d+)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (!data) continue;
      this.inOrder &&= Number(id) > this.lastId;
      this.lastId = Number(id);
      if (event === 'restart') this.text = '';
      else if (event === 'delta') this.text += (JSON.parse(data) as { text: string }).text;
      else this.ending = (JSON.parse(data) as { content: string }).content;
    }
  }
}

/** A few at a time: requests that change one account wait for one another. */
function running(directive: string): Promise<string[]> {
  const each = Array.from({ length: REPLIES }, (_, at) => `${directive} ${at}`);
  return inParallel(each, 10, async (content) => {
    const room = await openRoom(ann);
    return `/chatroom/${room}/message/${await prompt(ann, room, content)}`;
  });
}

/** Fifty at a time: a crowd comes fast, not in one instant. */
async function listen(paths: string[], agent: Agent, count: number): Promise<Listener[]> {
  const listeners: Listener[] = [];
  while (listeners.length < count) {
    const next = Array.from({ length: Math.min(50, count - listeners.length) }, (_, at) =>
      Listener.open(paths[at % paths.length] ?? '', agent),
    );
    listeners.push(...(await Promise.all(next)));
  }
  return listeners;
}

it('1,000 listeners on 50 replies', async () => {
  const agent = new Agent({ maxSockets: Infinity });
  const cold = await memory();
  // Once around in small, so that what is measured is listeners and not a process that warms up.
  const first = await listen(await running('[[slow chunks=10 delay=50ms]] warm'), agent, 3 * REPLIES);
  await eventually('the first round', () => first.every(({ ending }) => ending), 60_000);
  const connections = await redisConnections();
  const before = await memory();

  const paths = await running('[[slow chunks=160 delay=250ms]] [[words 400]] crowd');
  const listeners = await listen(paths, agent, LISTENERS);
  await eventually('everybody has some text', () => listeners.every(({ text }) => text), 60_000);
  expect(listeners.some(({ ending }) => ending)).toBe(false);
  const during = await memory();
  expect(await redisConnections()).toBe(connections);
  expect(await channels()).toHaveLength(REPLIES);
  await eventually('everybody has the ending', () => listeners.every(({ ending }) => ending), 90_000);
  const peak = await memory();
  for (const { text, ending, inOrder } of listeners) {
    expect(inOrder).toBe(true);
    expect(text).toBe(ending);
    expect(text.length).toBeGreaterThan(1_000);
  }
  console.log(
    ['just started', 'before', 'during', 'at the end'].map((when, at) => {
      const { resident, heap } = [cold, before, during, peak][at] ?? before;
      return `${when}: ${(resident / MB).toFixed(0)} MB resident, ${(heap / MB).toFixed(0)} MB heap`;
    }),
  );
  expect(Math.max(during.resident, peak.resident) - before.resident).toBeLessThan(60 * MB);
  agent.destroy();
}, 180_000);

it('is as before when all hung up', async () => {
  const agent = new Agent({ maxSockets: Infinity });
  const connections = await redisConnections();
  const before = await memory();
  const listeners = await listen(await running('[[slow chunks=400 delay=250ms]] gone'), agent, LISTENERS);
  await eventually('everybody has some text', () => listeners.every(({ text }) => text), 60_000);
  for (const listener of listeners) listener.leave();
  await eventually('nobody listens', async () => (await channels()).length === 0);
  expect(await redisConnections()).toBe(connections);
  await eventually('the memory is free', async () => (await memory()).heap < before.heap + 5 * MB);
  agent.destroy();
}, 180_000);
