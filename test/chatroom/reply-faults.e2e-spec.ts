import pLimit from 'p-limit';
import { ending, openRoom, prompt } from '../support/rooms.js';
import { System } from '../support/system.js';
import { GEMINI_ENDINGS } from './gemini-endings.js';
import { GEMINI_FAULTS } from './gemini-faults.js';

const FAULTS = [...GEMINI_FAULTS, ...GEMINI_ENDINGS];

describe('each way Gemini can fail', () => {
  let system: System;
  const replies = new Map<string, any>();
  let used: { rows: { accepted: number; used: number }[] };

  beforeAll(async () => {
    system = await System.start({
      workers: 2,
      env: {
        REPLY_ATTEMPTS: '3',
        GEMINI_TIMEOUT_SECONDS: '30',
        GEMINI_IDLE_TIMEOUT_SECONDS: '4',
      },
    });
    const person = await system.signedIn({ pro: true });
    const few = pLimit(16);
    await Promise.all(
      FAULTS.map(({ directive }) =>
        few(async () => {
          const room = await openRoom(person);
          const id = await prompt(person, room, `Please ${directive}`);
          replies.set(directive, await ending(person, room, id, 60_000));
        }),
      ),
    );
    used = await system.db.query('SELECT used, $2::int AS accepted FROM quota_usage WHERE user_id = $1', [
      person.user.id,
      FAULTS.length,
    ]);
  }, 180_000);
  afterAll(() => system.stop());

  it.each(FAULTS)(
    '$directive: $status $code',
    ({ directive, status, code, content, model, finishReason, calls }) => {
      const reply = replies.get(directive);
      expect(reply).toMatchObject({
        status,
        ...(model && { model }),
        ...(finishReason && { finishReason }),
      });
      if (code) {
        expect(reply).toMatchObject({
          error: { code, message: expect.any(String) },
          content: null,
        });
      } else {
        expect(reply.error).toBeNull();
        expect(reply.content).toEqual(content instanceof RegExp ? expect.stringMatching(content) : content);
      }
      const prompt = `Please ${directive}`;
      const seen = system.gemini.journal.all().filter(({ contents }) => contents.at(-1)?.text === prompt);
      expect(seen).toHaveLength(calls);
    },
  );

  it('counts thoughts and cached tokens apart', () => {
    const { usage } = replies.get('[[thoughts 2]] [[say only this]]');
    expect(usage.thoughtTokens).toBeGreaterThan(0);
    expect(usage.totalTokens).toBe(usage.promptTokens + usage.outputTokens + usage.thoughtTokens);
  });

  it('gives back the unit of every failed reply for which Gemini gave nothing', () => {
    const refunds = FAULTS.filter(({ refunded }) => refunded).length;
    expect(used.rows[0]).toEqual({
      accepted: FAULTS.length,
      used: FAULTS.length - refunds,
    });
  });

  it('has 50 refunds a day where the plan has no limit', async () => {
    const person = await system.signedIn({ pro: true });
    const room = await openRoom(person);
    const failing = async () => ending(person, room, await prompt(person, room, 'Please [[400]]'));
    const counts = async () =>
      (await system.db.query('SELECT used, refunded FROM quota_usage WHERE user_id = $1', [person.user.id]))
        .rows;
    await failing();
    expect(await counts()).toEqual([{ used: 0, refunded: 1 }]);
    await system.db.query('UPDATE quota_usage SET refunded = 49 WHERE user_id = $1', [person.user.id]);
    await failing();
    await failing();
    expect(await counts()).toEqual([{ used: 1, refunded: 50 }]);
  });

  it('waits as long as Gemini asked, to the fraction', () => {
    const prompt = 'Please [[429 retry=0.7s times=1 quota=shared]] [[say waited]]';
    const [first, second] = system.gemini.journal
      .all()
      .filter(({ contents }) => contents.at(-1)?.text === prompt);
    const gap = Date.parse(second?.startedAt ?? '') - Date.parse(first?.endedAt ?? '');
    expect(gap).toBeGreaterThanOrEqual(690);
  });
});
