import { eventually } from '../support/eventually.js';
import { System } from '../support/system.js';

type Person = Awaited<ReturnType<System['signedIn']>>;

describe('a prompt', () => {
  let system: System;

  beforeAll(async () => {
    system = await System.start({ apis: 2, workers: 2 });
  });
  afterAll(() => system.stop());

  const open = async (person: Person, body: object = {}) => {
    const room = await person.post('/chatroom', body);
    expect(room.status).toBe(201);
    return room.body.id as string;
  };
  const send = (person: Person, room: string, content: string, headers: Record<string, string> = {}) =>
    person.post(`/chatroom/${room}/message`, { content }, { headers });
  const final = (person: Person, room: string, id: string) =>
    eventually(`the ending of ${id}`, async () => {
      const { body } = await person.get(`/chatroom/${room}/message/${id}`);
      return !['queued', 'in_progress'].includes(body.status) && body;
    });
  const used = async ({ user }: Person) =>
    (await system.db.query('SELECT used FROM quota_usage WHERE user_id = $1', [user.id])).rows[0]?.used ?? 0;

  it('is accepted with its queued reply, and answered by the worker', async () => {
    const person = await system.signedIn();
    const room = await open(person);
    const answer = await send(person, room, 'Good morning [[say Good morning to you]]');
    expect(answer.status).toBe(202);
    expect(answer.body.message).toMatchObject({
      role: 'user',
      status: 'completed',
      replyTo: null,
      chatroomId: room,
    });
    expect(answer.body.reply).toMatchObject({
      role: 'model',
      status: 'queued',
      content: null,
      replyTo: answer.body.message.id,
    });
    expect(answer.headers.get('location')).toBe(`/chatroom/${room}/message/${answer.body.reply.id}`);
    expect(answer.headers.get('x-quota-limit')).toBe('5');
    expect(answer.headers.get('x-quota-remaining')).toBe('4');
    const reply = await final(person, room, answer.body.reply.id);
    expect(reply).toMatchObject({
      status: 'completed',
      content: 'Good morning to you',
      finishReason: 'STOP',
      error: null,
      cached: false,
    });
    expect(reply.usage.totalTokens).toBe(reply.usage.promptTokens + reply.usage.outputTokens);
    expect((await person.get(`/chatroom/${room}`)).body.title).toBe(
      'Good morning [[say Good morning to you]]',
    );
  });

  it('is refused beyond the limit, whatever the concurrency: 40 at once, 5 accepted', async () => {
    const person = await system.signedIn();
    const rooms = await Promise.all([open(person), open(person), open(person)]);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        system
          .client(i % 2)
          .as(person.user.accessToken)
          .post(`/chatroom/${rooms[i % 3]}/message`, {
            content: `prompt ${i}`,
          }),
      ),
    );
    const accepted = answers.filter(({ status }) => status === 202);
    const refused = answers.filter(({ status }) => status === 429);
    expect([accepted.length, refused.length]).toEqual([5, 35]);
    for (const { body, headers } of refused) {
      expect(body.code).toBe('quota.exceeded');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(headers.get('x-quota-remaining')).toBe('0');
    }
    expect(await used(person)).toBe(5);
    const { rows } = await system.db.query(
      'SELECT count(*)::int AS count FROM message m JOIN chatroom c ON c.id = m.chatroom_id WHERE c.user_id = $1',
      [person.user.id],
    );
    expect(rows[0].count).toBe(10);
  });

  it('leaves no trace when it is refused: nothing charged, no number taken, no room moved', async () => {
    const person = await system.signedIn();
    const room = await open(person);
    for (const [content, code] of [
      ['', 'validation.failed'],
      ['  \n ', 'validation.failed'],
      ['x'.repeat(32_001), 'validation.failed'],
      ['a\0b', 'validation.failed'],
    ] as const) {
      const answer = await send(person, room, content);
      expect([answer.status, answer.body.code]).toEqual([400, code]);
    }
    const stranger = await system.signedIn();
    expect((await send(stranger, room, 'hi')).body.code).toBe('chatroom.not_found');
    expect([await used(person), await used(stranger)]).toEqual([0, 0]);
    const { rows } = await system.db.query(
      'SELECT next_number, last_message_at FROM chatroom WHERE id = $1',
      [room],
    );
    expect(rows[0]).toEqual({ next_number: 1, last_message_at: null });
  });

  it('takes 32000 characters, counted as a person counts them', async () => {
    const person = await system.signedIn();
    const room = await open(person);
    const content = '👍'.repeat(32_000);
    const answer = await send(person, room, content);
    expect(answer.status).toBe(202);
    expect(answer.body.message.content).toBe(content);
  });

  it('is one prompt under an Idempotency-Key, also 30 times at once', async () => {
    const person = await system.signedIn();
    const room = await open(person);
    const headers = { 'Idempotency-Key': 'once-only' };
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        system
          .client(i % 2)
          .as(person.user.accessToken)
          .post(`/chatroom/${room}/message`, { content: 'once' }, { headers }),
      ),
    );
    const statuses = new Set(answers.map(({ status }) => status));
    expect([...statuses].every((status) => status === 202 || status === 409)).toBe(true);
    for (const { status, body } of answers)
      if (status === 409) expect(body.code).toBe('idempotency.in_progress');
    const first = answers.find(({ status }) => status === 202);
    const replay = await send(person, room, 'once', headers);
    expect(replay.status).toBe(202);
    expect(replay.text).toBe(first?.text);
    expect(replay.headers.get('idempotency-replayed')).toBe('true');
    expect(replay.headers.get('x-quota-remaining')).toBe('4');
    expect((await send(person, room, 'twice', headers)).body.code).toBe('idempotency.key_reused');
    expect(await used(person)).toBe(1);
  });

  it('shows Gemini the earlier turns of its own room, in order, and waits for the one before it', async () => {
    const person = await system.signedIn({ pro: true });
    const room = await open(person, {
      systemInstruction: 'Speak like a pirate.',
    });
    const answers = [];
    for (const content of [
      'first [[slow chunks=4 delay=30ms]]',
      'second [[say two]]',
      'third [[say three]]',
    ]) {
      answers.push(await send(person, room, content));
    }
    for (const { body } of answers)
      expect((await final(person, room, body.reply.id)).status).toBe('completed');
    const calls = system.gemini.journal
      .all()
      .filter(({ systemInstruction }) => /pirate/.test(systemInstruction));
    expect(calls.map(({ contents }) => contents.map(({ role }) => role))).toEqual([
      ['user'],
      ['user', 'model', 'user'],
      ['user', 'model', 'user', 'model', 'user'],
    ]);
    const [first, , third] = calls;
    expect(third?.contents.map(({ text }) => text)).toEqual([
      'first [[slow chunks=4 delay=30ms]]',
      first?.text,
      'second [[say two]]',
      'two',
      'third [[say three]]',
    ]);
  });

  it('is answered with the finished reply when the client prefers to wait, else with 202', async () => {
    const person = await system.signedIn();
    const room = await open(person);
    const waited = await send(person, room, 'now [[say here it is]]', {
      Prefer: 'wait=20',
      'Idempotency-Key': 'patient',
    });
    expect(waited.status).toBe(200);
    expect(waited.headers.get('preference-applied')).toBe('wait=20');
    expect(waited.body.reply).toMatchObject({
      status: 'completed',
      content: 'here it is',
    });
    const replay = await send(person, room, 'now [[say here it is]]', {
      Prefer: 'wait=20',
      'Idempotency-Key': 'patient',
    });
    expect([replay.status, replay.body]).toEqual([200, waited.body]);
    const impatient = await send(person, room, 'later [[slow chunks=40 delay=100ms]]', { Prefer: 'wait=1' });
    expect([impatient.status, impatient.body.reply.status]).toEqual([202, 'queued']);
    expect(impatient.headers.get('preference-applied')).toBe('wait=1');
  });

  it('is answered with its stream when the client accepts one', async () => {
    const person = await system.signedIn();
    const room = await open(person);
    const response = await person.raw('POST', `/chatroom/${room}/message`, {
      headers: {
        Accept: 'text/event-stream',
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({
        content: 'stream [[say one two three four five]]',
      }),
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    expect(response.headers.get('x-quota-remaining')).toBe('4');
    const events = (await response.text())
      .split('\n\n')
      .filter((block) => block.includes('event:'))
      .map((block) => ({
        id: Number(/^id: (.*)$/m.exec(block)?.[1]),
        event: /^event: (.*)$/m.exec(block)?.[1],
        data: JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? ''),
      }));
    expect(events[0]).toMatchObject({
      event: 'accepted',
      data: { message: { role: 'user' }, reply: { status: 'queued' } },
    });
    expect(events.at(-1)).toMatchObject({
      event: 'completed',
      data: { content: 'one two three four five' },
    });
    const deltas = events.filter(({ event }) => event === 'delta').map(({ data }) => data.text);
    expect(deltas.join('')).toBe('one two three four five');
    expect(events.map(({ id }) => id)).toEqual([...events.map(({ id }) => id)].sort((a, b) => a - b));
  });
});
