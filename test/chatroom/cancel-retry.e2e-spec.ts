import { buildSubscription } from '../support/factories.js';
import { eventually } from '../support/eventually.js';
import { ending, openRoom, prompt, reaches, send } from '../support/rooms.js';
import { System } from '../support/system.js';

describe('second thoughts about a reply', () => {
  let system: System;

  beforeAll(async () => {
    system = await System.start({
      apis: 2,
      workers: 3,
      env: { REPLY_ATTEMPTS: '1' },
    });
  });
  afterAll(() => system.stop());

  const used = async (userId: string): Promise<number> =>
    (await system.db.query('SELECT used FROM quota_usage WHERE user_id = $1', [userId])).rows[0]?.used ?? 0;
  const callsOf = (text: string) =>
    system.gemini.journal.all().filter(({ contents }) => contents.at(-1)?.text === text);

  describe('cancel', () => {
    it('ends a running reply from another API process, keeps the text published by then, and aborts the call', async () => {
      const person = await system.signedIn();
      const room = await openRoom(person);
      const content = 'cancel me [[slow chunks=100 delay=100ms]]';
      const id = await prompt(person, room, content);
      await eventually(
        'some text is published',
        async () => (await system.redis.xlen(`{reply:${id}}:stream`)) > 2,
      );
      const answer = await system
        .client(1)
        .as(person.user.accessToken)
        .post(`/chatroom/${room}/message/${id}/cancel`);
      expect([answer.status, answer.body.status]).toEqual([200, 'cancelled']);
      expect(answer.body.content.length).toBeGreaterThan(0);
      const call = await eventually('Gemini sees us hang up', () =>
        callsOf(content).find(({ outcome }) => outcome === 'aborted'),
      );
      expect(call.text.startsWith(answer.body.content)).toBe(true);
      expect((await person.get(`/chatroom/${room}/message/${id}`)).body).toEqual(answer.body);
      expect(await used(person.user.id)).toBe(1);
    });

    it('ends a queued reply, and the room goes on with the next', async () => {
      const person = await system.signedIn();
      const room = await openRoom(person);
      const head = await prompt(person, room, 'head [[slow chunks=50 delay=100ms]]');
      const second = await prompt(person, room, 'second [[say second]]');
      const third = await prompt(person, room, 'third [[say third]]');
      await reaches(person, room, head, ['in_progress']);
      const cancelled = await person.post(`/chatroom/${room}/message/${second}/cancel`);
      expect(cancelled.body).toMatchObject({
        status: 'cancelled',
        content: '',
      });
      await person.post(`/chatroom/${room}/message/${head}/cancel`);
      expect(await ending(person, room, third, 5_000)).toMatchObject({
        status: 'completed',
        content: 'third',
      });
      expect(callsOf('second [[say second]]')).toHaveLength(0);
    });

    it('refuses what is final, what is a prompt, and what is not theirs', async () => {
      const person = await system.signedIn();
      const room = await openRoom(person);
      const { body } = await send(person, room, 'quick [[say quick]]');
      await ending(person, room, body.reply.id);
      const path = `/chatroom/${room}/message`;
      expect((await person.post(`${path}/${body.reply.id}/cancel`)).body.code).toBe('message.not_running');
      expect((await person.post(`${path}/${body.message.id}/cancel`)).body.code).toBe('message.not_found');
      const stranger = await system.signedIn();
      expect((await stranger.post(`${path}/${body.reply.id}/cancel`)).status).toBe(404);
      expect((await stranger.post(`${path}/${body.reply.id}/retry`)).status).toBe(404);
    });

    it('and finish: one of them decides, whoever comes first', async () => {
      const person = await system.signedIn({ pro: true });
      const outcomes = await Promise.all(
        Array.from({ length: 30 }, async (_, i) => {
          const room = await openRoom(person);
          const text = `race ${i}`;
          const id = await prompt(person, room, `[[say ${text}]] [[slow chunks=2 delay=${i}ms]]`);
          await reaches(person, room, id, ['in_progress', 'completed']);
          const answer = await person.post(`/chatroom/${room}/message/${id}/cancel`);
          const row = await ending(person, room, id);
          if (answer.status === 200) expect(row).toEqual(answer.body);
          else
            expect([answer.body.code, row.status, row.content]).toEqual([
              'message.not_running',
              'completed',
              text,
            ]);
          return row.status as string;
        }),
      );
      expect(outcomes.every((status) => status === 'cancelled' || status === 'completed')).toBe(true);
    });
  });

  describe('retry', () => {
    it('is a new run of the same reply, for a new unit', async () => {
      const person = await system.signedIn();
      const room = await openRoom(person);
      const id = await prompt(person, room, 'again [[500 times=1]] [[say better now]]');
      expect(await ending(person, room, id)).toMatchObject({
        status: 'failed',
        error: { code: 'gemini.unavailable' },
      });
      expect(await used(person.user.id)).toBe(0);
      const answer = await person.post(`/chatroom/${room}/message/${id}/retry`);
      expect(answer.status).toBe(202);
      expect(answer.body).toMatchObject({
        id,
        status: 'queued',
        content: null,
        error: null,
        completedAt: null,
      });
      expect(answer.headers.get('x-quota-remaining')).toBe('4');
      expect(await ending(person, room, id)).toMatchObject({
        status: 'completed',
        content: 'better now',
      });
      expect(await used(person.user.id)).toBe(1);
    });

    it('refuses a completed or running reply, and a day that is used up', async () => {
      const person = await system.signedIn();
      const room = await openRoom(person);
      const done = await prompt(person, room, 'done [[say done]]');
      const long = await prompt(person, room, 'long [[slow chunks=60 delay=100ms]]');
      await ending(person, room, done);
      await reaches(person, room, long, ['in_progress']);
      for (const id of [done, long]) {
        expect((await person.post(`/chatroom/${room}/message/${id}/retry`)).body.code).toBe(
          'message.not_retryable',
        );
      }
      await person.post(`/chatroom/${room}/message/${long}/cancel`);
      for (let i = 0; i < 3; i++) await prompt(person, room, `fill ${i}`);
      const refused = await person.post(`/chatroom/${room}/message/${long}/retry`);
      expect([refused.status, refused.body.code]).toEqual([429, 'quota.exceeded']);
      expect((await person.get(`/chatroom/${room}/message/${long}`)).body.status).toBe('cancelled');
      await buildSubscription(system.db, person.user.id);
      expect((await person.post(`/chatroom/${room}/message/${long}/retry`)).status).toBe(202);
    });

    it('20 times at once charges once', async () => {
      const person = await system.signedIn({ pro: true });
      const room = await openRoom(person);
      const id = await prompt(person, room, 'often [[500 times=1]] [[slow chunks=20 delay=50ms]]');
      await ending(person, room, id);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          system
            .client(i % 2)
            .as(person.user.accessToken)
            .post(`/chatroom/${room}/message/${id}/retry`),
        ),
      );
      expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
      expect(answers.filter(({ body }) => body.code === 'message.not_retryable')).toHaveLength(19);
      expect(await used(person.user.id)).toBe(1);
    });

    it('is one retry under an Idempotency-Key, however often it is sent and though it has ended since', async () => {
      const person = await system.signedIn();
      const room = await openRoom(person);
      const id = await prompt(person, room, 'cut short [[max-tokens]]');
      expect(await ending(person, room, id)).toMatchObject({ status: 'incomplete' });
      const headers = { 'Idempotency-Key': 'again-once' };
      const retry = (api = 0, target = id) =>
        system
          .client(api)
          .as(person.user.accessToken)
          .post(`/chatroom/${room}/message/${target}/retry`, undefined, { headers });
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => retry(i % 2)));
      for (const { status, body } of answers)
        expect(status === 202 || body.code === 'idempotency.in_progress').toBe(true);
      const first = answers.find(({ status }) => status === 202);
      expect(first?.body).toMatchObject({ id, status: 'queued', content: null });
      expect(await ending(person, room, id)).toMatchObject({ status: 'incomplete' });
      const replay = await retry();
      expect([replay.status, replay.text]).toEqual([202, first?.text]);
      expect(replay.headers.get('idempotency-replayed')).toBe('true');
      expect(replay.headers.get('x-quota-remaining')).toBe('3');
      expect(await used(person.user.id)).toBe(2);
      expect((await retry(0, await prompt(person, room, 'another'))).body.code).toBe(
        'idempotency.key_reused',
      );
    });

    it('keeps its place: it sees only the earlier turns, and runs after the running reply', async () => {
      const person = await system.signedIn({ pro: true });
      const room = await openRoom(person);
      const first = await prompt(person, room, 'one [[say one]]');
      const second = await prompt(person, room, 'two [[500 times=1]] [[say two]]');
      const third = await prompt(person, room, 'three [[slow chunks=20 delay=50ms]]');
      await ending(person, room, first);
      await ending(person, room, second);
      await reaches(person, room, third, ['in_progress']);
      await person.post(`/chatroom/${room}/message/${second}/retry`);
      expect(await ending(person, room, second)).toMatchObject({
        status: 'completed',
        content: 'two',
      });
      expect((await person.get(`/chatroom/${room}/message/${third}`)).body.status).toBe('completed');
      const [, retried] = callsOf('two [[500 times=1]] [[say two]]');
      expect(retried?.contents.map(({ text }) => text)).toEqual([
        'one [[say one]]',
        'one',
        'two [[500 times=1]] [[say two]]',
      ]);
    });
  });

  it('rooms do not wait for one another, and a room goes in order over three workers', async () => {
    const person = await system.signedIn({ pro: true });
    const [slow, busy] = [await openRoom(person), await openRoom(person)];
    const blocked = await prompt(person, slow, 'blocked [[hang]]');
    const ids = [];
    for (let i = 0; i < 12; i++) ids.push(await prompt(person, busy, `step ${i} [[say step ${i}]]`));
    for (const id of ids) await ending(person, busy, id);
    const { rows } = await system.db.query(
      `SELECT number, completed_at FROM message WHERE chatroom_id = $1 AND role = 'model' ORDER BY completed_at`,
      [busy],
    );
    expect(rows.map(({ number }) => number)).toEqual(ids.map((_, i) => 2 * i + 2));
    expect((await person.get(`/chatroom/${slow}/message/${blocked}`)).body.status).toBe('in_progress');
    await person.post(`/chatroom/${slow}/message/${blocked}/cancel`);
  });

  it('deleting a room aborts its running reply, and its units stay used', async () => {
    const person = await system.signedIn();
    const room = await openRoom(person);
    const content = 'doomed [[hang]]';
    const id = await prompt(person, room, content);
    await reaches(person, room, id, ['in_progress']);
    expect((await person.delete(`/chatroom/${room}`)).status).toBe(204);
    await eventually('Gemini sees us hang up', () =>
      callsOf(content).some(({ outcome }) => outcome === 'aborted'),
    );
    expect((await person.get(`/chatroom/${room}/message/${id}`)).status).toBe(404);
    expect(await used(person.user.id)).toBe(1);
  });
});
