import { z } from 'zod';
import { defineJob } from '../infra/work/define-work.js';
import { Doorbell } from '../infra/work/work-queue.js';
import { Injectable, Logger } from '@nestjs/common';
import { Database, type Statement } from '../infra/postgres/database.js';

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

/** The reply that a room's turn is at, if it waits for a worker: the oldest queued one while none is in progress. $1 room. */
const HEAD: Statement = {
  name: 'room_head',
  text: `
    SELECT id, claim FROM message m
    WHERE chatroom_id = $1 AND status = 'queued' AND NOT EXISTS (
      SELECT 1 FROM message o WHERE o.chatroom_id = m.chatroom_id AND o.status = 'in_progress')
    ORDER BY number LIMIT 1`,
};

interface Head {
  id: string;
  claim: number;
}

/**
 * Rings for what a room has to do next. Whoever changed what waits or runs in a room calls it after the commit, and it
 * looks afresh: of two changes in the same instant neither sees the other, but the one that looks last sees both.
 */
@Injectable()
export class RoomBell {
  private readonly logger = new Logger(RoomBell.name);

  constructor(
    private readonly database: Database,
    private readonly doorbell: Doorbell,
  ) {}

  /**
   * Never throws: a ring that is lost is the relay's.
   * @param known a reply before which there was nothing: that needs no look
   */
  async ring(chatroomId: string, known?: Head): Promise<void> {
    try {
      const [head] = known ? [known] : await this.database.query<Head>(HEAD, [chatroomId]);
      if (head) await ringForReply(this.doorbell, head.id, head.claim);
    } catch (error) {
      this.logger.warn(`nobody rang for ${chatroomId}, the relay will: ${(error as Error).message}`);
    }
  }
}
