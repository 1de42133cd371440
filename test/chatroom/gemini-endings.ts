import type { GeminiFault } from './gemini-faults.js';

const completed = (directive: string, calls: number, content: string): GeminiFault => ({
  directive,
  status: 'completed',
  content,
  calls,
});

/** Text before a stop that the prompt provokes is the reply, after one call. */
const stopped = (directive: string, content: string, finishReason: string): GeminiFault => ({
  directive,
  status: 'incomplete',
  content,
  finishReason,
  calls: 1,
});

const failed = (directive: string, calls: number, code: string, refunded: boolean): GeminiFault => ({
  directive,
  status: 'failed',
  code,
  calls,
  refunded,
});

/** Forms of streams, ends of responses, and which of them cost the unit. */
export const GEMINI_ENDINGS: GeminiFault[] = [
  completed('[[409 times=1]] [[say after ABORTED]]', 2, 'after ABORTED'),
  completed('[[503 times=1 header=0.7s]] [[say after the header]]', 2, 'after the header'),
  completed('[[finish-always]] [[cut after=1 times=1]] [[say whole in the end]]', 2, 'whole in the end'),
  completed('[[form fields lines comments raw mark tight lf]] [[say any\u2028form]]', 1, 'any\u2028form'),
  completed('[[form bytes cr]] [[say byte by byte]]', 1, 'byte by byte'),
  stopped('[[tool-call]] [[say one two three four]]', 'one two', 'UNEXPECTED_TOOL_CALL'),
  stopped('[[malformed-call]] [[say five six seven eight]]', 'five six', 'MALFORMED_FUNCTION_CALL'),
  stopped('[[finish OTHER after=2]] [[say nine ten eleven twelve]]', 'nine ten', 'OTHER'),
  failed('[[tool-call after=0]]', 1, 'gemini.empty', true),
  failed('[[finish MISSING_THOUGHT_SIGNATURE]]', 1, 'gemini.rejected', true),
  failed('[[thoughts 2]] [[malformed-call after=0]]', 1, 'gemini.empty', false),
  failed('[[thoughts 2]] [[empty]]', 1, 'gemini.empty', false),
  failed('[[thoughts 3]] [[max-tokens after=0]]', 1, 'gemini.empty', false),
  failed('[[finish IMAGE_SAFETY]]', 1, 'gemini.blocked', false),
  failed('[[block IMAGE_SAFETY]]', 1, 'gemini.blocked', false),
  failed('[[cut after=1]]', 3, 'gemini.unavailable', false),
  failed('[[cut after=1 times=1]] [[500]]', 3, 'gemini.unavailable', false),
];
