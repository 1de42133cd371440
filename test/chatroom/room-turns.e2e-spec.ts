import type { Answer, Client } from '../support/client.js';
import type { SignedIn } from '../support/factories.js';
import { somebodyWaits } from '../support/database-activity.js';
import { ending, openRoom, prompt, reaches, send } from '../support/rooms.js';
import { System } from '../support/system.js';

/** Two things that happen to a room in the same instant, neither of which sees the other in PostgreSQL. */
describe('the next reply of a room gets its job at once', () => {
  let system: System;
  let person: Client & { user: SignedIn };
  let room: string;
  let head: string;

  beforeAll(async () => {
    system = await System.start({ workers: 1 });
    person = await system.signedIn({ pro: true });
  });
  afterAll(() => system.stop());
  async function begin(content: string): Promise<void> {
    room = await openRoom(person);
    // In words of its own: the answer to a known one would be there at once.
    head = await prompt(person, room, `${room} ${content}`);
    await reaches(person, room, head, ['in_progress']);
  }

  /** Makes every transaction that needs the row wait until `work` is done, with what it has read by then. */
  async function whileLocked(table: string, id: string, work: () => Promise<void>): Promise<void> {
    const client = await system.db.connect();
    try {
      await client.query('BEGIN');
      await client.query(`SELECT 1 FROM ${table} WHERE id = $1 FOR NO KEY UPDATE`, [id]);
      await work();
    } finally {
      await client.query('COMMIT');
      client.release();
    }
  }

  /** The recovery is kept out of it: it would find the reply a second later. */
  async function isAnswered(replyId: string): Promise<void> {
    await system.db.query(
      "UPDATE work_item SET next_poll_at = now() + interval '1 hour' WHERE subject_id = $1",
      [replyId],
    );
    expect(await ending(person, room, replyId, 5_000)).toMatchObject({ status: 'completed' });
  }

  const cancels = {
    how: 'is cancelled',
    content: 'head [[slow chunks=99 delay=90ms]]',
    statement: "SET status = 'cancelled'",
    over: async () => {
      expect((await person.post(`/chatroom/${room}/message/${head}/cancel`)).status).toBe(200);
    },
  };
  const finishes = {
    how: 'is finished',
    content: 'head [[slow chunks=8 delay=90ms]]',
    statement: 'SET status = $3::message_status',
    over: async () => {
      expect(await ending(person, room, head)).toMatchObject({ status: 'completed' });
    },
  };

  const acceptance = 'SET next_number = c.next_number + 2';

  it.each([cancels, finishes])('when the one before it $how right after it was accepted', async (end) => {
    await begin(end.content);
    let sent: Promise<Answer> | undefined;
    let over: Promise<void> | undefined;
    await whileLocked('app_user', person.user.id, async () => {
      sent = send(person, room, 'next [[say next]]');
      await somebodyWaits(system.db, acceptance);
      over = end.over();
      await somebodyWaits(system.db, end.statement);
    });
    await over;
    await isAnswered((await sent)?.body.reply.id);
  });

  it.each([cancels, finishes])('when it is accepted right after the one before it $how', async (end) => {
    await begin(end.content);
    let sent: Promise<Answer> | undefined;
    let over: Promise<void> | undefined;
    await whileLocked('app_user', person.user.id, async () => {
      over = end.over();
      await somebodyWaits(system.db, end.statement);
      sent = send(person, room, 'next [[say next]]');
      await somebodyWaits(system.db, acceptance);
    });
    await over;
    await isAnswered((await sent)?.body.reply.id);
  });
});
