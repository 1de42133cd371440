import { eventually } from './support/eventually.js';
import { ending, openRoom, send } from './support/rooms.js';
import { System } from './support/system.js';

type Person = Awaited<ReturnType<System['signedIn']>>;

describe('headers', () => {
  let system: System;
  let person: Person;

  beforeAll(async () => {
    system = await System.start({ env: { REPLY_ATTEMPTS: '1', BASIC_TIER_DAILY_PROMPT_LIMIT: '2' } });
  });
  afterAll(() => system?.stop());
  beforeEach(async () => {
    person = await system.signedIn();
  });

  const usage = async () => (await person.get('/subscription/status')).body.usage;

  describe('Idempotency-Key', () => {
    it.each(['', 'x'.repeat(256), 'two words', 'clé'])(
      'is refused where it is malformed, before anything is done (%#)',
      async (key) => {
        const room = await openRoom(person);
        const headers = { 'Idempotency-Key': key };
        system.stripe.world.journal.clear();
        for (const answer of [
          await person.post('/chatroom', {}, { headers }),
          await send(person, room, 'hello', headers),
          await person.post('/subscribe/pro', undefined, { headers }),
        ]) {
          expect([answer.status, answer.body.code]).toEqual([400, 'validation.failed']);
          expect(answer.body.errors[0].field).toBe('Idempotency-Key');
        }
        expect((await person.get('/chatroom')).body.data).toHaveLength(1);
        expect((await usage()).used).toBe(0);
        expect(system.stripe.world.journal.seen('/v1/')).toEqual([]);
      },
    );

    it.each(['!', '~'.repeat(255)])('may be any visible ASCII of up to 255 characters (%#)', async (key) => {
      const headers = { 'Idempotency-Key': key };
      const room = await person.post('/chatroom', {}, { headers });
      expect((await person.post('/chatroom', {}, { headers })).text).toBe(room.text);
      expect((await send(person, room.body.id, 'hello')).status).toBe(202);
    });
  });

  describe('X-Request-Id', () => {
    const given = (id: string) => person.get('/chatroom/nowhere', { headers: { 'X-Request-Id': id } });

    it.each(['mine', '~'.repeat(128)])('is kept where it is valid (%#)', async (id) => {
      const { headers, body } = await given(id);
      expect([headers.get('x-request-id'), body.requestId]).toEqual([id, id]);
    });

    it.each(['', 'x'.repeat(129), 'two words', 'idé'])('is replaced where it is not (%#)', async (id) => {
      const { headers, body } = await given(id);
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(body.requestId).toBe(headers.get('x-request-id'));
    });

    it('is in every line that the worker logs about the reply', async () => {
      const room = await openRoom(person);
      const { body } = await send(person, room, 'fails [[500]]', { 'X-Request-Id': 'follow-me' });
      await ending(person, room, body.reply.id);
      const lines = () =>
        system.workers[0]?.output.split('\n').filter((line) => line.includes(body.reply.id)) ?? [];
      await eventually('its last line', () => lines().some((line) => line.includes('a reply ended')));
      expect(lines()[0]).toContain('a call to Gemini failed');
      for (const line of lines()) expect(line).toContain('follow-me');
    });
  });

  describe('X-Quota-*', () => {
    it('tell the limit of the day, what is left of it, and the seconds until the next', async () => {
      const room = await openRoom(person);
      const { resetsAt } = await usage();
      const secondsLeft = () => (Date.parse(resetsAt) - Date.now()) / 1_000;
      for (const [status, remaining] of [
        [202, '1'],
        [202, '0'],
        [429, '0'],
      ]) {
        const most = Math.ceil(secondsLeft());
        const answer = await send(person, room, 'hello');
        const told = ['limit', 'remaining'].map((name) => answer.headers.get(`x-quota-${name}`));
        expect([answer.status, ...told]).toEqual([status, '2', remaining]);
        const reset = Number(answer.headers.get('x-quota-reset'));
        expect(reset).toBeLessThanOrEqual(most);
        expect(reset).toBeGreaterThanOrEqual(Math.floor(secondsLeft()));
      }
    });
  });
});
