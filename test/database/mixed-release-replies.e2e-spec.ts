import { FIND_REPLY_STATE, RETRY_REPLY } from '../../src/chatroom/prompt/prompt.sql.js';
import { DELETE_CHATROOM } from '../../src/chatroom/room/chatroom.sql.js';
import * as before from './release-before.js';
import { CAPS, UpgradedDatabase } from './upgraded-database.js';

const database = UpgradedDatabase.use();
const { current, former } = database;
beforeAll(() => database.upgrade());

describe('a reply of the release before, on the new schema', () => {
  let userId: string;
  let room: string;
  beforeEach(async () => {
    userId = await database.makeUser();
    room = await database.makeRoom(userId);
  });

  it('has an item that waits 15 s, and the one behind it waits for it', async () => {
    const [head, next] = [await former.accept(userId, room), await former.accept(userId, room)];
    expect(await database.states(head, next)).toEqual(['ready', 'waiting']);
    expect(await database.secondsLeft(head)).toBeGreaterThan(10);
    expect(await database.secondsLeft(head)).toBeLessThanOrEqual(15);
    expect(await current.claim(head)).toBeUndefined();
  });

  it('is claimed, renewed and finished by its own release, which makes the next one ready', async () => {
    const [head, next] = [await former.accept(userId, room), await former.accept(userId, room)];
    const { claim } = await former.claim(head);
    expect(claim).toBe(1);
    expect(await database.row(before.RENEW, [head, 1])).toEqual({ held: 1 });
    expect(await former.claim(next)).toBeUndefined();
    expect(await former.finish(head, 1)).toEqual({ ended: 1 });
    expect(await database.states(head, next)).toEqual(['none', 'ready']);
    expect((await former.claim(next)).claim).toBe(1);
  });

  it('is given back and found again by its own release', async () => {
    const reply = await former.accept(userId, room);
    await former.claim(reply);
    expect(await database.row(before.POSTPONE, [reply, 1, 0, 1, 'flash'])).toEqual({ held: 1 });
    await database.rows('UPDATE message SET ring_at = now() WHERE id = $1', [reply]);
    expect(await database.rescued()).toContain(reply);
    expect(await former.claim(reply)).toMatchObject({ claim: 2, attempts: 1, lostClaims: 0 });
  });

  it('is not taken by this release while its lease lives, and for good when that has expired', async () => {
    const reply = await former.accept(userId, room);
    await former.claim(reply);
    await database.becomesDue(reply);
    expect(await current.claim(reply)).toBeUndefined();
    expect(await database.states(reply)).toEqual(['ready']);
    await database.rows('UPDATE message SET lease_until = now() WHERE id = $1', [reply]);
    const { claim } = await current.claim(reply);
    expect(claim).toBe(2);
    expect(await database.row(before.RENEW, [reply, 1])).toBeUndefined();
    expect(await database.row(before.POSTPONE, [reply, 1, 0, 1, 'flash'])).toBeUndefined();
    expect(await former.finish(reply, 1, true)).toBeUndefined();
    expect(await former.claim(reply)).toBeUndefined();
    await database.rows('UPDATE message SET ring_at = least(ring_at, now()) WHERE id = $1 AND ring_at < $2', [
      reply,
      'infinity',
    ]);
    expect(await database.rescued()).not.toContain(reply);
    expect(await database.message(reply)).toMatchObject({ status: 'queued', completed_at: null });
    expect(await current.finish(reply, claim, userId)).toBe(true);
    expect(await database.message(reply)).toMatchObject({ status: 'failed', claim: 2 });
  });

  it('that its worker runs is cancelled by this release with the text that it published', async () => {
    const reply = await former.accept(userId, room);
    await former.claim(reply);
    const state = await database.run(FIND_REPLY_STATE, [reply, room, userId]);
    expect(state).toEqual({ claim: 1, exists: true, unfinished: true });
    expect(await current.cancel(reply, userId, state.claim)).toMatchObject({
      status: 'cancelled',
      content: 'the text',
    });
    expect(await former.finish(reply, 1, true)).toBeUndefined();
    expect(await database.message(reply)).toMatchObject({ status: 'cancelled', claim: 1 });
    const again = await database.run(RETRY_REPLY, [reply, room, userId, null, 'request-4', ...CAPS]);
    expect(again).toMatchObject({ was: 'cancelled', claim: 2 });
    expect((await current.claim(reply)).claim).toBe(3);
  });

  it('that ended is retried by either release', async () => {
    const [first, second] = [await former.accept(userId, room), await former.accept(userId, room)];
    for (const reply of [first, second]) await former.finish(reply, (await former.claim(reply)).claim);
    expect((await database.row(before.RETRY, [first, room, userId, null, 'request-5'])).reply).toBe(first);
    expect(await database.item(first)).toMatchObject({
      state: 'ready',
      claim: 2,
      position: 2,
      owner_id: userId,
    });
    expect(await database.secondsLeft(first)).toBeGreaterThan(10);
    const retried = await database.run(RETRY_REPLY, [second, room, userId, null, 'request-6', ...CAPS]);
    expect(retried).toMatchObject({ was: 'failed', claim: 2, priority: null });
    expect(await former.claim(second)).toBeUndefined();
    await former.finish(first, (await former.claim(first)).claim);
    expect(await database.states(first, second)).toEqual(['none', 'ready']);
    expect((await current.claim(second)).claim).toBe(3);
  });

  it('goes with a room that either release deletes, and the owner’s other rooms go on', async () => {
    const rooms = await Promise.all(Array.from({ length: 6 }, () => database.makeRoom(userId)));
    const made: string[] = [];
    for (const each of rooms) made.push(await former.accept(userId, each));
    expect(await database.states(...made)).toEqual([
      'ready',
      'ready',
      'ready',
      'ready',
      'waiting',
      'waiting',
    ]);
    expect((await database.row(before.REMOVE_ROOM, [rooms[0], userId])).unfinished).toEqual([made[0]]);
    expect(await database.states(...made)).toEqual(['none', 'ready', 'ready', 'ready', 'ready', 'waiting']);
    expect(await database.run(DELETE_CHATROOM, [rooms[1], userId, CAPS[0], 'request-7'])).toMatchObject({
      ended: [made[1]],
    });
    expect(await database.states(...made)).toEqual(['none', 'none', 'ready', 'ready', 'ready', 'ready']);
  });

  it('is made ready although it is accepted in the same instant in which the one before it ends', async () => {
    for (let round = 0; round < 40; round += 1) {
      const head = await former.accept(userId, room);
      const { claim } = await former.claim(head);
      const release = round % 2 === 0 ? former : current;
      const [next] = await Promise.all([release.accept(userId, room), former.finish(head, claim)]);
      expect(await database.states(head, next)).toEqual(['none', 'ready']);
      await database.rows('DELETE FROM message WHERE chatroom_id = $1', [room]);
      expect(await database.rows('SELECT 1 FROM work_item WHERE owner_id = $1', [userId])).toEqual([]);
    }
  });
});

describe('a reply of this release', () => {
  let userId: string;
  let room: string;
  beforeEach(async () => {
    userId = await database.makeUser();
    room = await database.makeRoom(userId);
  });

  it('is never seen by the polls and claims of the release before', async () => {
    const reply = await current.accept(userId, room);
    expect(await database.rescued()).not.toContain(reply);
    expect(await former.claim(reply)).toBeUndefined();
    const { claim } = await current.claim(reply);
    expect(claim).toBe(1);
    expect(await former.claim(reply)).toBeUndefined();
    expect(await former.finish(reply, claim)).toBeUndefined();
    expect(await current.finish(reply, claim, userId)).toBe(true);
  });

  it('is followed by one of the release before, in order', async () => {
    const [head, next] = [await current.accept(userId, room), await former.accept(userId, room)];
    expect(await database.states(head, next)).toEqual(['ready', 'waiting']);
    expect(await former.claim(next)).toBeUndefined();
    const { claim } = await current.claim(head);
    await current.finish(head, claim, userId);
    expect(await database.states(head, next)).toEqual(['none', 'ready']);
    expect((await former.claim(next)).claim).toBe(1);
  });

  it('is cancelled by the release before, which makes the next one ready', async () => {
    const [head, next] = [await current.accept(userId, room), await current.accept(userId, room)];
    const { claim } = await current.claim(head);
    expect(await former.cancel(head)).toEqual({ id: head });
    expect(await database.states(head, next)).toEqual(['none', 'ready']);
    expect(await current.finish(head, claim, userId)).toBe(false);
    expect(await database.message(head)).toMatchObject({ status: 'cancelled' });
  });

  it('goes with its room, its account and its purge', async () => {
    await current.accept(userId, room);
    await database.rows('DELETE FROM app_user WHERE id = $1', [userId]);
    expect(await database.rows('SELECT 1 FROM work_item WHERE owner_id = $1', [userId])).toEqual([]);
  });
});
