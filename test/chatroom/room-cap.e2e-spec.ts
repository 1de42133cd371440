import { eventually } from '../support/eventually.js';
import { openRoom } from '../support/rooms.js';
import { System } from '../support/system.js';
import { tally } from '../support/people.js';

const MAX = 5;

let system: System;
beforeAll(async () => {
  system = await System.start({ apis: 2, workers: 0, env: { MAX_ROOMS_PER_USER: String(MAX) } });
});
afterAll(() => system?.stop());

const TOO_MANY = { status: 409, body: { code: 'chatroom.too_many' } };

it('is exact, whatever the concurrency: 30 at once on two processes, with keys and without', async () => {
  const person = await system.signedIn();
  const other = system.client(1).as(person.user.accessToken);
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      (n % 2 ? person : other).post(
        '/chatroom',
        {},
        n % 3 ? {} : { headers: { 'Idempotency-Key': `k${n}` } },
      ),
    ),
  );
  const refused = answers.filter(({ status }) => status !== 201);
  expect(tally(answers.map(({ status }) => status))).toEqual({ 201: MAX, 409: 30 - MAX });
  for (const answer of refused) expect(answer).toMatchObject(TOO_MANY);
  expect((await person.get('/chatroom')).body.data).toHaveLength(MAX);
});

it('does not count deleted rooms, and counts nobody else’s', async () => {
  const [person, other] = [await system.signedIn(), await system.signedIn()];
  const rooms = [];
  for (let n = 0; n < MAX; n++) rooms.push(await openRoom(person));
  expect(await person.post('/chatroom', {})).toMatchObject(TOO_MANY);
  await openRoom(other);
  expect((await person.delete(`/chatroom/${rooms[0]}`)).status).toBe(204);
  await openRoom(person);
  expect(await person.post('/chatroom', {})).toMatchObject(TOO_MANY);
});

it('does not let deleted rooms pile up: those that no worker has purged count up to as many again', async () => {
  const person = await system.signedIn();
  for (let n = 0; n < 2 * MAX; n++) {
    const room = await openRoom(person);
    expect((await person.delete(`/chatroom/${room}`)).status).toBe(204);
  }
  expect(await person.post('/chatroom', {})).toMatchObject(TOO_MANY);
  const worker = await system.startWorker();
  await eventually(
    'the rooms are purged',
    async () => (await person.post('/chatroom', {})).status === 201,
    60_000,
  );
  await worker.stop();
});
