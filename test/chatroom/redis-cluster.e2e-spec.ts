import { EventStream } from '../support/event-stream.js';
import { PrivateRedis } from '../support/private-redis.js';
import { ending, openRoom, prompt } from '../support/rooms.js';
import { System } from '../support/system.js';

// Elsewhere than on Linux a machine has but one address of its own by itself.
const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

describeOnLinux('a Redis Cluster', () => {
  let redis: PrivateRedis;
  let system: System;
  beforeAll(async () => {
    redis = await PrivateRedis.startCluster();
    system = await System.start({ apis: 2, env: { REDIS_URL: redis.url, REDIS_CLUSTER: 'true' } });
  }, 60_000);
  afterAll(async () => {
    await system?.stop();
    await redis?.stop();
  });

  it('with a password carries jobs, streams, limits, lists and cancellations', async () => {
    const me = await system.signedIn();
    const room = await openRoom(me);
    const slow = await prompt(me, room, 'Hello [[slow chunks=8 delay=50ms]]');
    const path = `/chatroom/${room}/message`;
    const stream = await EventStream.open(system.client(1).as(me.user.accessToken), `${path}/${slow}/stream`);
    await stream.ending();
    expect((await ending(me, room, slow)).content).toBe(stream.text);
    expect(stream.names.filter((name) => name === 'delta').length).toBeGreaterThan(1);

    const endless = await prompt(me, room, 'Again [[slow chunks=100 delay=200ms]]');
    expect((await me.post(`${path}/${endless}/cancel`)).body.status).toBe('cancelled');

    await me.get('/chatroom');
    const list = await me.get('/chatroom');
    expect(list.headers.get('x-cache')).toBe('HIT');
    expect(Number(list.headers.get('ratelimit-remaining'))).toBeLessThan(100_000);
    expect((await system.client().get('/readyz')).body).toMatchObject({ status: 'ok' });

    expect((await me.delete('/user/me', { confirm: 'delete my account' })).status).toBe(204);
  }, 30_000);
});
