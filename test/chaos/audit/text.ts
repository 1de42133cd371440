import type { Call } from '../../../dev/sandbox/gemini/journal.js';
import type { Change } from '../ledger.js';
import { tagOf } from '../prompt.js';
import { isFinal, isRetry, type Evidence, type Story } from './evidence.js';

/** Milliseconds by which the dates of two processes may seem to differ: a change is dated within its transaction. */
const TOLERANCE = 250;

/** What was kept is what Gemini said to the very claim that kept it, and Gemini was shown the room as it was. */
export function auditText(stories: Story[], evidence: Evidence): string[] {
  return stories.flatMap((story) =>
    [
      ...story.changes.flatMap((change) => kept(change, story)),
      ...story.calls.flatMap((call) => shown(call, story, stories)),
      ...strangers(story, evidence),
    ].map((wrong) => `prompt ${story.prompt.tag}: ${wrong}`),
  );
}

/** The ending of a claim rests on a whole call made by that claim, or on the cache. */
function kept(change: Change, { changes, calls }: Story): string[] {
  const { became, content, cached, claim, at } = change;
  if (became === 'cancelled') {
    const said = content === '' || calls.some(({ text }) => text.startsWith(content ?? ''));
    return said ? [] : [`cancelled with a text that Gemini did not say: ${content}`];
  }
  if (became !== 'completed' && became !== 'incomplete') return [];
  const whole = calls.filter(({ text, finishReason }) => text === content && finishReason !== null);
  if (whole.length === 0) return [`${became} with a text that Gemini did not say: ${content}`];
  const claimedAt = changes.find((c) => c.became === 'in_progress' && c.claim === claim)?.at ?? Infinity;
  const mine = whole.some(
    (call) =>
      Date.parse(call.startedAt) >= claimedAt - TOLERANCE &&
      Date.parse(call.startedAt) <= at + TOLERANCE &&
      (call.endedAt === null || Date.parse(call.endedAt) <= at + TOLERANCE),
  );
  return cached || mine
    ? []
    : [`${became} under claim ${claim}, which made no such call: another claim's ending`];
}

/** Earlier turns of its own room alone, in order, as they stood; all of them that were never run again. */
function shown(call: Call, story: Story, stories: Story[]): string[] {
  const [reply] = story.replies;
  if (!reply || call.contents.length === 0) return [];
  const room = stories.filter(({ replies }) => replies[0]?.roomId === reply.roomId);
  const wrong: string[] = [];
  let last = 0;
  const seen = new Set<string>();
  for (let i = 0; i + 1 < call.contents.length; i += 2) {
    const tag = tagOf(call.contents[i]?.text ?? '');
    const said = call.contents[i + 1]?.text;
    const earlier = room.find(({ prompt }) => prompt.tag === tag);
    const number = earlier?.replies[0]?.number ?? Infinity;
    if (!earlier || number >= reply.number || number <= last)
      wrong.push(`Gemini was shown ${tag} out of place`);
    else if (!earlier.changes.some(({ became, content }) => isFinal(became) && content === said))
      wrong.push(`Gemini was shown ${tag} with a text it never had: ${said}`);
    last = number;
    seen.add(tag);
  }
  const missing = room.filter(
    (other) => isSettledTurnBefore(other, reply.number) && !seen.has(other.prompt.tag),
  );
  return [...wrong, ...missing.map(({ prompt }) => `Gemini was not shown ${prompt.tag}`)];
}

function isSettledTurnBefore({ replies, changes }: Story, number: number): boolean {
  const [reply] = replies;
  if (!reply || reply.number >= number || changes.some(isRetry)) return false;
  return reply.status === 'completed' || reply.status === 'incomplete';
}

/** A call is made while its reply is in progress; a claim that was lost may be late, and a cancelled one may linger. */
function strangers({ calls, changes }: Story, { disturbances }: Evidence): string[] {
  const excused =
    changes.some(({ became }) => became === 'cancelled') ||
    changes.some(({ was, became }) => was === 'in_progress' && became === 'in_progress');
  return calls.flatMap((call) => {
    const startedAt = Date.parse(call.startedAt);
    if (excused || disturbances.excuses('worker frozen', startedAt, startedAt)) return [];
    const running = changes.some(
      ({ became, at }, i) =>
        became === 'in_progress' &&
        at <= startedAt + TOLERANCE &&
        (changes[i + 1]?.at ?? Infinity) >= startedAt - TOLERANCE,
    );
    return running ? [] : ['Gemini was called while the reply was not in progress'];
  });
}
