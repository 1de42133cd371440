import { isRetry, type Evidence } from './evidence.js';

/** What was charged is what was accepted and retried less what was refunded, and never more than the limit. */
export function auditQuota({ people, rows, changes, used }: Evidence): string[] {
  return people.flatMap(({ user, limit, rooms }) => {
    const mine = changes.filter(({ roomId }) => rooms.includes(roomId));
    const accepted = rows.filter(({ role, userId }) => role === 'model' && userId === user.id).length;
    const retried = mine.filter(isRetry).length;
    const refunded = mine.filter((c) => c.became === 'failed' && c.errorCode !== 'gemini.blocked').length;
    const counter = used.get(user.id) ?? { used: 0, most: 0 };
    const wrong = [];
    if (counter.used !== accepted + retried - refunded) {
      wrong.push(`charged ${counter.used}; accepted ${accepted}, retried ${retried}, refunded ${refunded}`);
    }
    if (counter.most > limit) wrong.push(`charged ${counter.most} of ${limit}`);
    return wrong.map((w) => `quota of ${user.id}: ${w}`);
  });
}
