import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import type { Settings } from '../../src/config/settings.js';
import { RedisSubscriber } from '../../src/infra/redis/subscriber.js';
import { eventually } from '../support/eventually.js';
import { PrivateRedis } from '../support/private-redis.js';

describe('the connection for subscriptions', () => {
  let server: PrivateRedis;
  let admin: Redis;
  let subscriber: RedisSubscriber;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    server = await PrivateRedis.start();
    admin = new Redis(server.url, { maxRetriesPerRequest: null });
    admin.on('error', () => undefined);
  });
  beforeEach(() => {
    subscriber = new RedisSubscriber({ REDIS_URL: server.url, REDIS_CLUSTER: false } as Settings);
  });
  afterEach(() => subscriber.onApplicationShutdown());
  afterAll(async () => {
    admin.disconnect();
    await server.stop();
  });

  const connections = async () =>
    ((await admin.client('LIST')) as string)
      .split('\n')
      .filter((line) => line.includes('gemini-chat:subscriber'));
  const received = (channel: string) => {
    const messages: string[] = [];
    const subscribed = subscriber.subscribe(channel, (message) => messages.push(message));
    return { messages, subscribed };
  };

  it('is opened by the first subscription, which waits for it', async () => {
    await subscriber.onApplicationBootstrap();
    expect(await connections()).toHaveLength(0);
    const [one, other] = [received('one'), received('other')];
    await Promise.all([one.subscribed, other.subscribed]);
    expect(await admin.publish('one', '1')).toBe(1);
    expect(await admin.publish('other', '2')).toBe(1);
    await eventually('the messages', () => one.messages.length + other.messages.length === 2);
    expect([one.messages, other.messages]).toEqual([['1'], ['2']]);
    expect(await connections()).toHaveLength(1);
  });

  it('subscribes again after Redis was away, also to what could not be subscribed to meanwhile', async () => {
    let returns = 0;
    const early = received('early');
    await early.subscribed;
    subscriber.onReturn(() => (returns += 1));
    await server.kill();
    await eventually('the loss', () => !subscriber.ready);
    const late = received('late');
    await expect(late.subscribed).rejects.toThrow('Redis is away');
    await server.launch();
    await eventually('the return', () => returns === 1);
    for (const channel of ['early', 'late']) expect(await admin.publish(channel, channel)).toBe(1);
    await eventually('the messages', () => early.messages.length + late.messages.length === 2);
    expect([early.messages, late.messages]).toEqual([['early'], ['late']]);
  });

  it('receives nothing more of a channel that is no longer subscribed to', async () => {
    const { messages, subscribed } = received('left');
    await subscribed;
    subscriber.unsubscribe('left');
    await eventually('no subscription', async () => (await admin.publish('left', 'late')) === 0);
    expect(messages).toEqual([]);
  });

  it('has no subscription of which it was relieved before there was a connection', async () => {
    const { subscribed } = received('brief');
    subscriber.unsubscribe('brief');
    await subscribed;
    await received('marker').subscribed;
    expect(await admin.publish('brief', 'late')).toBe(0);
  });
});
