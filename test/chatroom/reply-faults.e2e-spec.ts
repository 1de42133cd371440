import { eventually } from '../support/eventually.js';
import { System } from '../support/system.js';

interface Case {
  directive: string;
  /** What a client sees in the end. */
  status: string;
  code?: string;
  content?: string | RegExp;
  model?: string;
  /** Calls that Gemini saw. */
  calls: number;
  refunded?: boolean;
}

const FLASH = 'gemini-3.8-flash';
const LITE = 'gemini-3.5-flash-lite';

/** With three attempts, four seconds of silence and thirty in all: a busy machine must not look like a silent Gemini. */
const CASES: Case[] = [
  {
    directive: '[[say fine]]',
    status: 'completed',
    content: 'fine',
    model: FLASH,
    calls: 1,
  },
  {
    directive: '[[503 times=2]] [[say third time lucky]]',
    status: 'completed',
    content: 'third time lucky',
    calls: 3,
  },
  {
    directive: '[[503 model=primary]] [[say from the other]]',
    status: 'completed',
    content: 'from the other',
    model: LITE,
    calls: 4,
  },
  {
    directive: '[[503]]',
    status: 'failed',
    code: 'gemini.unavailable',
    model: LITE,
    calls: 4,
    refunded: true,
  },
  {
    directive: '[[500]]',
    status: 'failed',
    code: 'gemini.unavailable',
    model: FLASH,
    calls: 3,
    refunded: true,
  },
  {
    directive: '[[504 times=1]] [[say after 504]]',
    status: 'completed',
    content: 'after 504',
    calls: 2,
  },
  {
    directive: '[[404 model=primary]] [[say unknown model]]',
    status: 'completed',
    content: 'unknown model',
    model: LITE,
    calls: 2,
  },
  {
    directive: '[[404]]',
    status: 'failed',
    code: 'gemini.rejected',
    calls: 2,
    refunded: true,
  },
  {
    directive: '[[400]]',
    status: 'failed',
    code: 'gemini.rejected',
    calls: 1,
    refunded: true,
  },
  {
    directive: '[[403]]',
    status: 'failed',
    code: 'gemini.rejected',
    calls: 1,
    refunded: true,
  },
  {
    directive: '[[bad-key]]',
    status: 'failed',
    code: 'gemini.rejected',
    calls: 1,
    refunded: true,
  },
  {
    directive: '[[429 retry=0.7s times=1 quota=shared]] [[say waited]]',
    status: 'completed',
    content: 'waited',
    calls: 2,
  },
  {
    directive: '[[429 retry=0s quota=shared]]',
    status: 'failed',
    code: 'gemini.quota',
    calls: 3,
    refunded: true,
  },
  {
    directive: '[[429 limit=0 quota=minute]]',
    status: 'failed',
    code: 'gemini.quota',
    calls: 1,
    refunded: true,
  },
  {
    directive: '[[429 retry=400s quota=shared]]',
    status: 'failed',
    code: 'gemini.quota',
    calls: 1,
    refunded: true,
  },
  {
    directive: '[[429 retry=0.1s quota=day]]',
    status: 'failed',
    code: 'gemini.quota',
    calls: 2,
    refunded: true,
  },
  {
    directive: '[[hang]]',
    status: 'failed',
    code: 'gemini.timeout',
    calls: 3,
    refunded: true,
  },
  {
    directive: '[[hang after=2 times=1]] [[say awake again]]',
    status: 'completed',
    content: 'awake again',
    calls: 2,
  },
  {
    directive: '[[cut times=1]] [[say whole]]',
    status: 'completed',
    content: 'whole',
    calls: 2,
  },
  {
    directive: '[[cut after=0]]',
    status: 'failed',
    code: 'gemini.unavailable',
    calls: 3,
    refunded: true,
  },
  {
    directive: '[[unfinished times=1]] [[say to the end]]',
    status: 'completed',
    content: 'to the end',
    calls: 2,
  },
  {
    directive: '[[error-chunk times=1 status=500]] [[say repaired]]',
    status: 'completed',
    content: 'repaired',
    calls: 2,
  },
  {
    directive: '[[safety]]',
    status: 'failed',
    code: 'gemini.blocked',
    calls: 1,
    refunded: false,
  },
  {
    directive: '[[safety after=2]]',
    status: 'failed',
    code: 'gemini.blocked',
    calls: 1,
    refunded: false,
  },
  {
    directive: '[[prohibited]]',
    status: 'failed',
    code: 'gemini.blocked',
    calls: 1,
    refunded: false,
  },
  {
    directive: '[[recitation]]',
    status: 'failed',
    code: 'gemini.blocked',
    calls: 1,
    refunded: false,
  },
  {
    directive: '[[block]]',
    status: 'failed',
    code: 'gemini.blocked',
    calls: 1,
    refunded: false,
  },
  {
    directive: '[[empty]]',
    status: 'failed',
    code: 'gemini.empty',
    calls: 1,
    refunded: true,
  },
  {
    directive: '[[max-tokens]]',
    status: 'incomplete',
    content: /\S/,
    calls: 1,
  },
  {
    directive: '[[max-tokens after=0]]',
    status: 'failed',
    code: 'gemini.empty',
    calls: 1,
    refunded: true,
  },
  {
    directive: '[[parts 3]] [[say one two three four]]',
    status: 'completed',
    content: 'one two three four',
    calls: 1,
  },
  {
    directive: '[[thoughts 2]] [[say only this]]',
    status: 'completed',
    content: 'only this',
    calls: 1,
  },
  {
    directive: '[[unicode]]',
    status: 'completed',
    content: /\p{Extended_Pictographic}/u,
    calls: 1,
  },
];

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
      CASES.map(async ({ directive }) => {
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
      CASES.length,
    ]);
  }, 60_000);
  afterAll(() => system.stop());

  it.each(CASES)('$directive: $status $code', ({ directive, status, code, content, model, calls }) => {
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
  });

  it('counts thoughts and cached tokens apart', () => {
    const { usage } = replies.get('[[thoughts 2]] [[say only this]]');
    expect(usage.thoughtTokens).toBeGreaterThan(0);
    expect(usage.totalTokens).toBe(usage.promptTokens + usage.outputTokens + usage.thoughtTokens);
  });

  it('gives back the unit of every failed reply but a blocked one', () => {
    const refunds = CASES.filter(({ refunded }) => refunded).length;
    expect(used.rows[0]).toEqual({
      accepted: CASES.length,
      used: CASES.length - refunds,
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
