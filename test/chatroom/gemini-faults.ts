export interface GeminiFault {
  directive: string;
  /** What a client sees in the end. */
  status: string;
  code?: string;
  content?: string | RegExp;
  model?: string;
  finishReason?: string;
  /** Calls that Gemini saw. */
  calls: number;
  refunded?: boolean;
}

const FLASH = 'gemini-3.8-flash';
const LITE = 'gemini-3.5-flash-lite';

/** With three attempts, four seconds of silence and thirty in all: a busy machine must not look like a silent Gemini. */
export const GEMINI_FAULTS: GeminiFault[] = [
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
