import { buildSubscription } from '../support/factories.js';
import { ending, openRoom, prompt, reaches, send } from '../support/rooms.js';
import { System } from '../support/system.js';

describe('the day', () => {
  let system: System;

  beforeAll(async () => {
    system = await System.start({
      apis: 2,
      workers: 2,
      env: { REPLY_ATTEMPTS: '1', PRO_TIER_DAILY_PROMPT_LIMIT: '8' },
    });
  });
  afterAll(() => system.stop());

  const used = async (userId: string, day = 0): Promise<number | undefined> =>
    (
      await system.db.query(
        "SELECT used FROM quota_usage WHERE user_id = $1 AND day = (now() AT TIME ZONE 'UTC')::date + $2::int",
        [userId, day],
      )
    ).rows[0]?.used;

  it('that was charged gets the refund, also after midnight', async () => {
    const person = await system.signedIn();
    const room = await openRoom(person);
    const id = await prompt(person, room, 'over midnight [[latency 1s]] [[500]]');
    await reaches(person, room, id, ['in_progress']);
    // As if the prompt had been accepted yesterday.
    await system.db.query('UPDATE quota_usage SET day = day - 1 WHERE user_id = $1', [person.user.id]);
    await system.db.query('UPDATE message SET quota_day = quota_day - 1 WHERE id = $1', [id]);
    await prompt(person, room, 'today [[say today]]');
    expect(await ending(person, room, id)).toMatchObject({ status: 'failed' });
    expect([await used(person.user.id, -1), await used(person.user.id)]).toEqual([0, 1]);
  });

  it('has more room from the very prompt after an upgrade, and none left after a downgrade', async () => {
    const person = await system.signedIn();
    const room = await openRoom(person);
    for (let i = 0; i < 5; i++) await prompt(person, room, `basic ${i}`);
    expect((await send(person, room, 'sixth')).body.code).toBe('quota.exceeded');
    await buildSubscription(system.db, person.user.id);
    const upgraded = await send(person, room, 'sixth, paid');
    expect([
      upgraded.status,
      upgraded.headers.get('x-quota-limit'),
      upgraded.headers.get('x-quota-remaining'),
    ]).toEqual([202, '8', '2']);
    await system.db.query("UPDATE subscription SET status = 'canceled' WHERE user_id = $1", [person.user.id]);
    const refused = await send(person, room, 'seventh');
    expect([
      refused.status,
      refused.headers.get('x-quota-limit'),
      refused.headers.get('x-quota-remaining'),
    ]).toEqual([429, '5', '0']);
    expect(await used(person.user.id)).toBe(6);
  });

  it('of a payment overdue ends with its grace', async () => {
    const [early, late] = [await system.signedIn(), await system.signedIn()];
    await buildSubscription(system.db, early.user.id, {
      status: 'past_due',
      startedDaysAgo: 2,
    });
    await buildSubscription(system.db, late.user.id, {
      status: 'past_due',
      startedDaysAgo: 4,
    });
    expect((await send(early, await openRoom(early), 'hi')).headers.get('x-quota-limit')).toBe('8');
    expect((await send(late, await openRoom(late), 'hi')).headers.get('x-quota-limit')).toBe('5');
  });

  it('is exact when prompts, failures and retries of one person race over two processes', async () => {
    const person = await system.signedIn({ pro: true });
    const rooms = await Promise.all(Array.from({ length: 6 }, () => openRoom(person)));
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        system
          .client(i % 2)
          .as(person.user.accessToken)
          .post(`/chatroom/${rooms[i % 6]}/message`, {
            content: i % 3 === 0 ? `fails ${i} [[500]]` : `fine ${i} [[say ok]]`,
          }),
      ),
    );
    const accepted = answers.filter(({ status }) => status === 202);
    for (const { body } of accepted) await ending(person, body.reply.chatroomId, body.reply.id);
    const { rows } = await system.db.query(
      `SELECT count(*) FILTER (WHERE m.status <> 'failed')::int AS kept FROM message m JOIN chatroom c ON c.id = m.chatroom_id
       WHERE c.user_id = $1 AND m.role = 'model'`,
      [person.user.id],
    );
    expect(await used(person.user.id)).toBe(rows[0].kept);
    expect(rows[0].kept).toBeLessThanOrEqual(8);
    expect(accepted.length).toBeGreaterThanOrEqual(8);
  });

  it('has as many refunds as prompts: more failures are paid for, and what is left is told to the unit', async () => {
    const person = await system.signedIn();
    const room = await openRoom(person);
    const left: (string | null)[] = [];
    for (let n = 1; n <= 10; n += 1) {
      const { status, headers, body } = await send(person, room, `failure ${n} [[500]]`);
      expect(status).toBe(202);
      left.push(headers.get('x-quota-remaining'));
      expect(await ending(person, room, body.reply.id)).toMatchObject({ status: 'failed' });
    }
    expect(left).toEqual(['4', '4', '4', '4', '4', '4', '3', '2', '1', '0']);
    expect(await used(person.user.id)).toBe(5);
    const refused = await send(person, room, 'one more');
    expect([refused.status, refused.headers.get('x-quota-remaining')]).toEqual([429, '0']);
  });

  it('has no more refunds when failures of one person race over two processes', async () => {
    const person = await system.signedIn();
    const rooms = await Promise.all(Array.from({ length: 5 }, () => openRoom(person)));
    let accepted = 0;
    for (let round = 0; round < 4; round += 1) {
      const answers = await Promise.all(
        rooms.map((room, i) =>
          system
            .client(i % 2)
            .as(person.user.accessToken)
            .post(`/chatroom/${room}/message`, { content: `failure ${round} ${i} [[500]]` }),
        ),
      );
      for (const { status, body } of answers) {
        if (status !== 202) continue;
        accepted += 1;
        await ending(person, body.reply.chatroomId, body.reply.id);
      }
    }
    const { rows } = await system.db.query('SELECT used, refunded FROM quota_usage WHERE user_id = $1', [
      person.user.id,
    ]);
    expect([accepted, rows]).toEqual([10, [{ used: 5, refunded: 5 }]]);
  });

  it('of a plan that has changed has as many refunds as the plan of its last prompt', async () => {
    const person = await system.signedIn();
    const room = await openRoom(person);
    const limitOf = async () =>
      (await system.db.query('SELECT refund_limit FROM quota_usage WHERE user_id = $1', [person.user.id]))
        .rows[0];
    await prompt(person, room, 'basic');
    expect(await limitOf()).toEqual({ refund_limit: 5 });
    await buildSubscription(system.db, person.user.id);
    await prompt(person, room, 'pro');
    expect(await limitOf()).toEqual({ refund_limit: 8 });
  });

  it('gives every refund once, to the one reply that failed', async () => {
    const person = await system.signedIn();
    const room = await openRoom(person);
    const ids = [];
    for (const text of ['a [[500]]', 'b [[say b]]', 'c [[safety]]', 'd [[max-tokens]]'])
      ids.push(await prompt(person, room, text));
    for (const id of ids) await ending(person, room, id);
    expect(await used(person.user.id)).toBe(3);
  });
});
