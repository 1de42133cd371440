import { eventually } from '../support/eventually.js';
import { System } from '../support/system.js';
import { GEMINI_FAULTS } from './gemini-faults.js';

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
    await Promise.all(
      GEMINI_FAULTS.map(async ({ directive }) => {
        const room = (await person.post('/chatroom', {})).body.id as string;
        const { body } = await person.post(`/chatroom/${room}/message`, {
          content: `Please ${directive}`,
        });
        const path = `/chatroom/${room}/message/${body.reply.id}`;
        const reply = await eventually(
          `the ending of ${directive}`,
          async () => {
            const now = (await person.get(path)).body;
            return !['queued', 'in_progress'].includes(now.status) && now;
          },
          40_000,
        );
        replies.set(directive, reply);
      }),
    );
    used = await system.db.query('SELECT used, $2::int AS accepted FROM quota_usage WHERE user_id = $1', [
      person.user.id,
      GEMINI_FAULTS.length,
    ]);
  }, 60_000);
  afterAll(() => system.stop());

  it.each(GEMINI_FAULTS)(
    '$directive: $status $code',
    ({ directive, status, code, content, model, calls }) => {
      const reply = replies.get(directive);
      expect(reply).toMatchObject({ status, ...(model && { model }) });
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

  it('gives back the unit of every failed reply but a blocked one', () => {
    const refunds = GEMINI_FAULTS.filter(({ refunded }) => refunded).length;
    expect(used.rows[0]).toEqual({
      accepted: GEMINI_FAULTS.length,
      used: GEMINI_FAULTS.length - refunds,
    });
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
