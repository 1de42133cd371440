import type { Call } from '../../../dev/sandbox/gemini/journal.js';
import type { Environment } from '../../support/environment.js';
import type { Disturbances } from '../disturbances.js';
import type { Entry } from '../journal.js';
import { readLedger } from '../ledger.js';
import type { Person } from '../person.js';
import { tagOf } from '../prompt.js';
import type { Evidence, Row } from './evidence.js';

interface Source {
  environment: Environment;
  people: Person[];
  entries: Entry[];
  disturbances: Disturbances;
  lag: number;
}

/** Reads what the audit of a round needs. */
export async function collect({
  environment,
  people,
  entries,
  disturbances,
  lag,
}: Source): Promise<Evidence> {
  const rooms = people.flatMap((person) => person.rooms);
  const users = people.map(({ user }) => user.id);
  const [messages, quota, changes] = await Promise.all([
    environment.db.query<Row>(
      `SELECT m.id, m.chatroom_id AS "roomId", c.user_id AS "userId", m.number, m.role, m.status, m.content,
              m.reply_to AS "replyTo", m.error_code AS "errorCode", m.cached, m.claim
       FROM message m JOIN chatroom c ON c.id = m.chatroom_id WHERE c.user_id = ANY ($1) ORDER BY m.number`,
      [users],
    ),
    environment.db.query<{ userId: string; used: number; most: number; refunded: number }>(
      `SELECT q.user_id AS "userId", sum(q.used)::int AS used, sum(q.refunded)::int AS refunded,
              (SELECT max(n.used) FROM chaos_quota n WHERE n.user_id = q.user_id) AS most
       FROM quota_usage q WHERE q.user_id = ANY ($1) GROUP BY q.user_id`,
      [users],
    ),
    readLedger(environment.db, rooms),
  ]);
  const tags = new Set(people.flatMap(({ prompts }) => prompts.map(({ tag }) => tag)));
  return {
    people,
    entries,
    rows: messages.rows,
    changes,
    used: new Map(quota.rows.map((row) => [row.userId, row])),
    calls: callsByTag(environment.gemini.journal.all(), tags),
    disturbances,
    lag,
  };
}

function callsByTag(calls: readonly Call[], tags: Set<string>): Map<string, Call[]> {
  const found = new Map<string, Call[]>();
  for (const call of calls) {
    const tag = tagOf(call.contents.at(-1)?.text ?? '');
    if (tags.has(tag)) found.set(tag, [...(found.get(tag) ?? []), call]);
  }
  return found;
}
