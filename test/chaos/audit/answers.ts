import type { Action, Entry } from '../journal.js';
import type { Evidence } from './evidence.js';

/** No request may take longer, but for one that asks to wait; milliseconds. */
const LONGEST = 3_500;
/** Where PostgreSQL came back meanwhile: one statement waited in vain and another began. */
const LONGEST_OVER_RECOVERY = 5_000;

const DECLARED: Record<Action, string[]> = {
  prompt: ['202', '429 quota.exceeded', '409 idempotency.in_progress', '503 service.unavailable'],
  cancel: ['200', '409 message.not_running', '503 service.unavailable'],
  retry: ['202', '429 quota.exceeded', '409 message.not_retryable', '503 service.unavailable'],
  read: ['200', '503 service.unavailable'],
  list: ['200', '503 service.unavailable'],
};

/** Only declared answers, in the declared form, in time; and none refused for no reason. */
export function auditAnswers(evidence: Evidence): string[] {
  return evidence.entries.flatMap((entry) => {
    const what = `${entry.action} ${entry.about ?? ''} at api ${entry.api}`;
    return [...form(entry), ...time(entry, evidence), ...excuse(entry, evidence)].map((w) => `${what}: ${w}`);
  });
}

function form(entry: Entry): string[] {
  if (entry.status === null) return [];
  const answer = entry.code ? `${entry.status} ${entry.code}` : String(entry.status);
  const wrong = [];
  if (!DECLARED[entry.action].includes(answer)) wrong.push(`undeclared answer ${answer} ${entry.text ?? ''}`);
  if (entry.status >= 400 && !entry.contentType?.startsWith('application/problem+json'))
    wrong.push(`${entry.status} as ${entry.contentType}`);
  if ((entry.status === 503 || entry.status === 429) && !(Number(entry.retryAfter) > 0))
    wrong.push(`${entry.status} without Retry-After`);
  return wrong;
}

function time({ api, status, startedAt, endedAt }: Entry, { disturbances, lag }: Evidence): string[] {
  const took = endedAt - startedAt;
  const longest = disturbances.endedWithin('postgres', startedAt, endedAt) ? LONGEST_OVER_RECOVERY : LONGEST;
  if (took <= longest + lag || disturbances.excuses(`api ${api}`, startedAt, endedAt)) return [];
  return [`took ${took} ms to answer ${status}`];
}

/** A 503 wants a PostgreSQL that was broken, or a process that was; no answer wants a process. Redis excuses neither. */
function excuse({ api, status, failure, startedAt, endedAt }: Entry, { disturbances }: Evidence): string[] {
  const excused = (what: string) => disturbances.excuses(what, startedAt, endedAt);
  // A process that was frozen wakes to find its time for an answer over, though PostgreSQL had given it.
  if (status === 503 && !excused('postgres') && !excused(`api ${api}`))
    return ['503 while PostgreSQL was well'];
  if (status === null && !excused(`api ${api}`))
    return [`no answer (${failure}) from a process that was well`];
  return [];
}
