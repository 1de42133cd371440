import { QUEUE_PREFIX } from '../../src/infra/work/work-queue.js';
import { eventually, holds } from '../support/eventually.js';
import { ending, openRoom, prompt } from '../support/rooms.js';
import { System } from '../support/system.js';

describe("the limits of Gemini's project", () => {
  it('pause every worker when one call meets them, for as long as Gemini says', async () => {
    const system = await System.start({ workers: 2, env: { REPLY_ATTEMPTS: '2' } });
    try {
      const person = await system.signedIn();
      const [first, second] = [await openRoom(person), await openRoom(person)];
      const limited = await prompt(
        person,
        first,
        'limited [[429 retry=6s times=1 quota=minute]] [[say through]]',
      );
      const refused = await eventually('the refusal', () =>
        system.gemini.journal.all().find(({ outcome }) => outcome === 'refused'),
      );
      await eventually('the row waits', async () => {
        const { rows } = await system.db.query('SELECT attempts FROM work_item WHERE subject_id = $1', [
          limited,
        ]);
        return rows[0]?.attempts === 1;
      });
      await eventually(
        'the queue is paused',
        async () => (await system.redis.pttl(`${QUEUE_PREFIX}:reply:limiter`)) > 1_000,
      );
      const other = await prompt(person, second, 'other [[say other]]');
      expect(await ending(person, second, other)).toMatchObject({ content: 'other' });
      expect(await ending(person, first, limited)).toMatchObject({ content: 'through' });
      const calls = system.gemini.journal.all().filter(({ sequence }) => sequence > refused.sequence);
      expect(calls).toHaveLength(2);
      for (const { startedAt } of calls) {
        expect(Date.parse(startedAt) - Date.parse(refused.endedAt ?? '')).toBeGreaterThanOrEqual(5_900);
      }
    } finally {
      await system.stop();
    }
  }, 60_000);

  it('are not forgotten for a shorter one that another call meets meanwhile', async () => {
    const system = await System.start({ workers: 2 });
    try {
      const person = await system.signedIn();
      const [first, second] = [await openRoom(person), await openRoom(person)];
      const short = await prompt(person, first, '[[latency 1s]] [[429 retry=1s quota=minute]]');
      await eventually('its call', () => system.gemini.journal.all().length === 1);
      await prompt(person, second, '[[429 retry=30s quota=minute]]');
      await eventually('the row of the shorter waits', async () => {
        const { rows } = await system.db.query('SELECT attempts FROM work_item WHERE subject_id = $1', [
          short,
        ]);
        return rows[0]?.attempts === 1;
      });
      await holds(1_000, async () => {
        expect(await system.redis.pttl(`${QUEUE_PREFIX}:reply:limiter`)).toBeGreaterThan(10_000);
      });
    } finally {
      await system.stop();
    }
  }, 60_000);

  it('are not reached: GEMINI_MAX_RPM spaces the calls of all workers evenly', async () => {
    const system = await System.start({ workers: 2, env: { GEMINI_MAX_RPM: '60' } });
    try {
      const person = await system.signedIn({ pro: true });
      const rooms = await Promise.all(Array.from({ length: 7 }, () => openRoom(person)));
      const ids = await Promise.all(
        rooms.map((room, i) => prompt(person, room, `of seven ${i} [[say ${i}]]`)),
      );
      await Promise.all(rooms.map((room, i) => ending(person, room, ids[i] ?? '', 25_000)));
      const calls = system.gemini.journal.all().map(({ startedAt }) => Date.parse(startedAt));
      expect(calls).toHaveLength(7);
      // A second from the taking of one to the taking of the next; the way from there to the call differs a little.
      for (let i = 2; i < calls.length; i += 1)
        expect((calls[i] ?? 0) - (calls[i - 2] ?? 0)).toBeGreaterThan(1_500);
    } finally {
      await system.stop();
    }
  }, 60_000);
});
