import { z } from 'zod';
import { defineJob } from '../infra/queue/define-job.js';
import type { Doorbell } from '../infra/queue/doorbell.js';

/** "This reply may be claimable": the row says whether it is. */
export const replyJob = defineJob({
  queue: 'reply',
  name: 'generate',
  payload: z.object({ replyId: z.uuid() }),
});

/**
 * Rings for a reply. The id names the claim that would be the next, so that rings for the same work are one job
 * and a rescue never meets the job of an earlier claim. `delay`: milliseconds.
 */
export function ringForReply(
  doorbell: Doorbell,
  replyId: string,
  claim: number,
  delay = 0,
): Promise<boolean> {
  return doorbell.ring(replyJob, { replyId }, { jobId: `${replyId}-${claim}`, delay });
}
