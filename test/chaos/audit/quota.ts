import { isRetry, type Evidence, type Story } from './evidence.js';

/**
 * What was charged is what was accepted and retried less what was refunded, and never more than the limit. Refunded is what
 * failed without anything of Gemini's, as often as the limit allows.
 */
export function auditQuota(stories: Story[], { people, rows, changes, used }: Evidence): string[] {
  return people.flatMap(({ user, limit, rooms }) => {
    const accepted = rows.filter(({ role, userId }) => role === 'model' && userId === user.id).length;
    const retried = changes.filter((change) => rooms.includes(change.roomId) && isRetry(change)).length;
    const refundable = stories
      .filter(({ prompt }) => prompt.refunded && rooms.includes(prompt.roomId))
      .flatMap((story) => story.changes.filter(({ became }) => became === 'failed')).length;
    const refunded = Math.min(refundable, limit);
    const counter = used.get(user.id) ?? { used: 0, most: 0, refunded: 0 };
    const wrong = [];
    if (counter.used !== accepted + retried - refunded) {
      wrong.push(`charged ${counter.used}; accepted ${accepted}, retried ${retried}, refunded ${refunded}`);
    }
    if (counter.refunded !== refunded) wrong.push(`refunded ${counter.refunded}, not ${refunded}`);
    if (counter.most > limit) wrong.push(`charged ${counter.most} of ${limit}`);
    return wrong.map((w) => `quota of ${user.id}: ${w}`);
  });
}
