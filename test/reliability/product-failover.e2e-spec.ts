import { Redis } from 'ioredis';
import { eventually } from '../support/eventually.js';
import { PrivateRedis } from '../support/private-redis.js';
import { ending, openRoom, prompt } from '../support/rooms.js';
import { System } from '../support/system.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** Everything that the two processes of the product have open, by name. */
const CONNECTIONS = ['gemini-chat:command', 'gemini-chat:subscriber', 'gemini-chat:worker'];

describe('the product after a failover of Redis', () => {
  let former: PrivateRedis;
  let next: PrivateRedis;
  let proxy: TcpProxy;
  let system: System;
  const admins: Redis[] = [];

  beforeAll(async () => {
    [former, next] = await Promise.all([PrivateRedis.start(), PrivateRedis.start()]);
    proxy = await TcpProxy.start(former.url);
    admins.push(new Redis(former.url), new Redis(next.url));
    system = await System.start({ env: { REDIS_URL: proxy.url } });
  }, 120_000);
  afterAll(async () => {
    await system?.stop();
    for (const admin of admins) admin.disconnect();
    await proxy?.stop();
    await Promise.all([former?.stop(), next?.stop()]);
  });

  const namesAt = async (admin: Redis | undefined) =>
    [...String(await admin?.client('LIST')).matchAll(/ name=(gemini-chat:\w+)/g)].map(([, name]) => name);

  it('answers, without a restart, and has nothing open to the former primary', async () => {
    const [formerAdmin, nextAdmin] = admins;
    const person = await system.signedIn();
    const room = await openRoom(person);
    const reply = (text: string) => prompt(person, room, `[[say ${text}]]`);
    expect(await ending(person, room, await reply('before'), 60_000)).toMatchObject({ content: 'before' });
    await formerAdmin?.replicaof('127.0.0.1', Number(new URL(next.url).port));
    const during = await reply('during');
    proxy.retarget(next.url);
    const after = await reply('after');
    expect(await ending(person, room, during, 60_000)).toMatchObject({ content: 'during' });
    expect(await ending(person, room, after, 60_000)).toMatchObject({ content: 'after' });
    await eventually(
      'every connection leads to the next primary',
      async () => {
        const names = await namesAt(nextAdmin);
        return CONNECTIONS.every((name) => names.includes(name)) && (await namesAt(formerAdmin)).length === 0;
      },
      30_000,
    );
    await eventually('ready', async () => (await system.client().get('/readyz')).body.status === 'ok');
    for (const { running } of [...system.apis, ...system.workers]) expect(running).toBe(true);
  }, 180_000);
});
