import { randomInt, randomUUID } from 'node:crypto';
import pg from 'pg';
import { failed, finished, toColumns, type ReplyResult } from '../../src/chatroom/reply/reply-result.js';
import { CLAIM_REPLY, FINISH_REPLY, type FinishRow } from '../../src/chatroom/reply/reply.sql.js';
import { RELEASE_ITEM } from '../../src/infra/work/work.sql.js';
import type { Client } from '../support/client.js';
import type { SignedIn } from '../support/factories.js';
import { inParallel } from '../support/people.js';
import { openRoom, prompt } from '../support/rooms.js';
import { System } from '../support/system.js';

const LIMIT = 4;
const WORKER = randomUUID();

/** Items that wait although their owner may run one more and their room runs none: nothing would ever make them ready. */
const STUCK = `
  SELECT w.subject_id FROM work_item w
  WHERE w.kind = 'reply' AND w.state = 'waiting'
    AND (SELECT count(*) FROM work_item o WHERE o.kind = 'reply' AND o.owner_id = w.owner_id AND o.state <> 'waiting') < ${LIMIT}
    AND NOT EXISTS (SELECT FROM work_item o WHERE o.kind = 'reply' AND o.group_key = w.group_key AND o.state <> 'waiting')`;
const ABOVE_LIMIT = `
  SELECT owner_id FROM work_item WHERE kind = 'reply' AND state <> 'waiting' GROUP BY owner_id HAVING count(*) > ${LIMIT}`;
const TWO_OF_A_ROOM = `
  SELECT group_key FROM work_item WHERE kind = 'reply' AND state <> 'waiting' GROUP BY group_key HAVING count(*) > 1`;
const OUT_OF_ORDER = `
  SELECT w.subject_id FROM work_item w WHERE w.kind = 'reply' AND w.state = 'ready' AND w.claim = 0 AND EXISTS (
    SELECT FROM work_item o WHERE o.kind = 'reply' AND o.group_key = w.group_key AND o.claim = 0 AND o.position < w.position)`;
/** A message without its item would never end; an item without its message would run for nothing. */
const UNMATCHED = `
  SELECT m.id::text FROM message m JOIN chatroom c ON c.id = m.chatroom_id
  WHERE m.completed_at IS NULL AND c.deleted_at IS NULL
    AND NOT EXISTS (SELECT FROM work_item w WHERE w.kind = 'reply' AND w.subject_id = m.id::text)
  UNION ALL
  SELECT w.subject_id FROM work_item w
  WHERE w.kind = 'reply' AND NOT EXISTS (SELECT FROM message m WHERE m.id::text = w.subject_id AND m.completed_at IS NULL)`;

describe('what waits behind another reply', () => {
  let system: System;
  let workers: pg.Pool;
  beforeAll(async () => {
    system = await System.start({
      apis: 2,
      workers: 0,
      env: { MAX_RUNNING_REPLIES_PER_USER: String(LIMIT) },
    });
    workers = new pg.Pool({ connectionString: system.env.DATABASE_URL, max: 8 });
  });
  afterAll(async () => {
    await workers.end();
    await system.stop();
  });

  const result = (fails: boolean): ReplyResult => {
    const facts = { model: 'flash', contextTrimmed: false };
    if (fails) return failed('gemini.unavailable', facts);
    const usage = { promptTokens: 1, outputTokens: 1, thoughtTokens: 0, cachedTokens: 0, totalTokens: 2 };
    return finished({ text: 'text', finishReason: 'STOP', usage }, false, facts);
  };

  /** As a worker does it. @returns what became ready; null: there was nothing to claim */
  async function finish(id: string, userId: string, fails = false): Promise<string[] | null> {
    const { rows } = await workers.query(CLAIM_REPLY.text, [id, WORKER, 20]);
    if (!rows[0]) return null;
    const values = [id, rows[0].claim, ...toColumns(result(fails)), userId, LIMIT];
    const ended = await workers.query<FinishRow>(FINISH_REPLY.text, values);
    return ended.rows[0]?.promoted.map(({ subjectId }) => subjectId) ?? [];
  }

  const statesOf = async (ids: string[]): Promise<string[]> => {
    const { rows } = await system.db.query(
      'SELECT subject_id AS id, state FROM work_item WHERE subject_id = ANY($1)',
      [ids],
    );
    const states = new Map(rows.map(({ id, state }) => [id, state]));
    return ids.map((id) => states.get(id) ?? 'none');
  };

  describe('becomes ready, and nothing else,', () => {
    let person: Client & { user: SignedIn };
    let rooms: string[];
    /** Two replies of each of six rooms, in the order of their acceptance: heads first. */
    let replies: string[];
    const [R, W, N] = ['ready', 'waiting', 'none'];
    const path = (index: number) => `/chatroom/${rooms[index % 6]}/message/${replies[index]}`;

    beforeEach(async () => {
      person = await system.signedIn({ pro: true });
      rooms = [];
      replies = [];
      for (let room = 0; room < 6; room += 1) rooms.push(await openRoom(person));
      for (let index = 0; index < 12; index += 1)
        replies.push(await prompt(person, rooms[index % 6] ?? '', 'hello'));
      expect(await statesOf(replies)).toEqual([R, R, R, R, W, W, W, W, W, W, W, W]);
    });

    it('when a reply is finished: the owner’s oldest head', async () => {
      expect(await finish(replies[1] ?? '', person.user.id)).toEqual([replies[4]]);
      expect(await statesOf(replies)).toEqual([R, N, R, R, R, W, W, W, W, W, W, W]);
    });

    it('when a reply that runs is cancelled, and nothing when one that waits is', async () => {
      expect((await person.post(`${path(7)}/cancel`)).status).toBe(200);
      expect(await statesOf(replies)).toEqual([R, R, R, R, W, W, W, N, W, W, W, W]);
      expect((await person.post(`${path(0)}/cancel`)).status).toBe(200);
      expect(await statesOf(replies)).toEqual([N, R, R, R, R, W, W, N, W, W, W, W]);
    });

    it('when a room is deleted, with all that waits in it', async () => {
      expect((await person.delete(`/chatroom/${rooms[2]}`)).status).toBe(204);
      expect(await statesOf(replies)).toEqual([R, R, N, R, R, W, W, W, N, W, W, W]);
    });

    it('to the last one, in the order of each room', async () => {
      const done: string[] = [];
      const ready = replies.slice(0, LIMIT);
      for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
        ready.push(...((await finish(id, person.user.id, done.length % 3 === 0)) ?? []));
        done.push(id);
      }
      expect(done.toSorted()).toEqual(replies.toSorted());
      for (let room = 0; room < 6; room += 1)
        expect(done.indexOf(replies[room] ?? '')).toBeLessThan(done.indexOf(replies[room + 6] ?? ''));
    });
  });

  it('is never stuck, whatever happens at the same time', async () => {
    const people = await Promise.all([0, 1, 2].map((n) => system.signedIn({ pro: true }, n % 2)));
    const rooms = await Promise.all(
      people.map((person) => Promise.all(Array.from({ length: 8 }, () => openRoom(person)))),
    );
    const known: string[][][] = rooms.map((own) => own.map(() => []));
    const pick = <T>(items: T[]): T | undefined => items[randomInt(Math.max(1, items.length))];
    const answers: number[] = [];

    async function step(): Promise<void> {
      const who = randomInt(people.length);
      const person = people[who] as (typeof people)[number];
      const at = randomInt(8);
      const room = rooms[who]?.[at] ?? '';
      const reply = pick(known[who]?.[at] ?? []) ?? randomUUID();
      const path = `/chatroom/${room}/message`;
      const dice = randomInt(100);
      if (dice < 40) {
        const answer = await person.post(path, { content: 'hello' });
        if (answer.status === 202) known[who]?.[at]?.push(answer.body.reply.id);
        answers.push(answer.status);
      } else if (dice < 55) answers.push((await person.post(`${path}/${reply}/cancel`)).status);
      else if (dice < 65) answers.push((await person.post(`${path}/${reply}/retry`)).status);
      else if (dice < 68) {
        answers.push((await person.delete(`/chatroom/${room}`)).status);
        if (rooms[who]) rooms[who][at] = await openRoom(person);
        if (known[who]) known[who][at] = [];
      } else await work(person.user.id, dice < 72);
    }

    /** A worker takes a ready reply of a person, and finishes it or gives it back. */
    async function work(userId: string, givesBack: boolean): Promise<void> {
      const ready = `SELECT subject_id AS id FROM work_item WHERE owner_id = $1 AND state = 'ready' AND run_at <= now() ORDER BY random() LIMIT 1`;
      const { rows } = await workers.query(ready, [userId]);
      if (!rows[0]) return;
      if (!givesBack) {
        await finish(rows[0].id, userId, randomInt(2) === 0);
        return;
      }
      const { rows: claimed } = await workers.query(CLAIM_REPLY.text, [rows[0].id, WORKER, 20]);
      if (claimed[0])
        await workers.query(RELEASE_ITEM.text, [
          'reply',
          rows[0].id,
          claimed[0].claim,
          0,
          1,
          null,
          null,
          1_000,
          false,
        ]);
    }

    for (let round = 0; round < 6; round += 1) {
      await inParallel(Array.from({ length: 150 }), 10, step);
      for (const fault of [STUCK, ABOVE_LIMIT, TWO_OF_A_ROOM, OUT_OF_ORDER, UNMATCHED])
        expect({ fault, rows: (await system.db.query(fault)).rows }).toEqual({ fault, rows: [] });
    }
    expect(answers.filter((status) => status >= 500)).toEqual([]);
    const { rows } = await system.db.query(
      "SELECT count(*)::int AS waiting FROM work_item WHERE state = 'waiting'",
    );
    expect(rows[0].waiting).toBeGreaterThan(0);
  });
});
