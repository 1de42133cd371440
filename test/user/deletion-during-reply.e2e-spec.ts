import { eventually } from '../support/eventually.js';
import { isStopped } from '../support/process-tree.js';
import { openRoom, prompt } from '../support/rooms.js';
import { System } from '../support/system.js';

let system: System;
beforeAll(async () => {
  system = await System.start({ workers: 0 });
});
afterAll(() => system.stop());

it('a reply that arrives when its account is gone leaves nothing of the person in Redis', async () => {
  const person = await system.signedIn();
  const worker = await system.startWorker({ FAILPOINTS: 'reply.generated=stop@1' });
  try {
    await prompt(person, await openRoom(person), 'Between us');
    await eventually('the reply has arrived', () => isStopped(worker.pid));
    expect((await person.delete('/user/me', { confirm: 'delete my account' })).status).toBe(204);
  } finally {
    await worker.signal('SIGCONT');
    await worker.stop();
  }
  expect(await system.redis.keys(`*response*${person.user.id}*`)).toEqual([]);
});
