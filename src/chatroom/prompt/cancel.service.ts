import { Injectable } from '@nestjs/common';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import { failpoint } from '../../common/failpoint.js';
import { Metrics } from '../../infra/metrics/metrics.js';
import { Database, type Statement } from '../../infra/postgres/database.js';
import { MESSAGE_COLUMNS, toMessage, type MessageDto, type MessageRow } from '../message/message.dto.js';
import type { MessagePath } from '../message/message.dto.js';
import { PublishedText } from '../reply-channel.js';
import { ReplyEndNotifier } from '../reply-channel.js';
import { RoomBell } from '../reply-queue.js';

/** What a reply of the room is now: its claim says which published text belongs to it. $1 reply, $2 room, $3 user. */
const FIND_REPLY: Statement = {
  name: 'reply_find',
  text: `
    SELECT m.claim, m.status FROM chatroom c
    LEFT JOIN message m ON m.id = $1 AND m.chatroom_id = c.id AND m.role = 'model'
    WHERE c.id = $2 AND c.user_id = $3`,
};

interface ReplyState {
  claim: number;
  /** Null: the room has no such reply. */
  status: MessageRow['status'] | null;
}

/**
 * Cancels a reply that is not final. It and the worker's finish are each one conditional update: whichever comes first
 * decides. $1 reply, $2 the claim whose text is kept, $3 that text.
 */
const CANCEL: Statement = {
  name: 'reply_cancel',
  text: `
    UPDATE message SET status = 'cancelled', content = CASE WHEN claim = $2 THEN $3 ELSE '' END,
        completed_at = now(), lease_until = NULL
    WHERE id = $1 AND status IN ('queued', 'in_progress')
    RETURNING ${MESSAGE_COLUMNS}`,
};

/** A person no longer wants a reply. */
@Injectable()
export class CancelService {
  constructor(
    private readonly database: Database,
    private readonly published: PublishedText,
    private readonly stopper: ReplyEndNotifier,
    private readonly bell: RoomBell,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Ends a queued or running reply, keeping the text published by then.
   * @throws AppError `chatroom.not_found`, `message.not_found`, `message.not_running`
   */
  async cancel(user: Principal, { chatroomId, id }: MessagePath): Promise<MessageDto> {
    const values = [id, chatroomId, user.userId];
    const [state] = await this.database.query<ReplyState>(FIND_REPLY, values);
    if (!state) throw new AppError('chatroom.not_found');
    if (!state.status) throw new AppError('message.not_found');
    const text = state.status === 'in_progress' ? await this.published.read(id, state.claim) : '';
    const [row] = await this.database.query<MessageRow>(CANCEL, [id, state.claim, text]);
    if (!row) throw new AppError('message.not_running');
    failpoint('cancel.committed');
    this.metrics.replyEnded(row.status);
    this.stopper.stop([id]);
    void this.bell.ring(chatroomId);
    return toMessage(row);
  }
}
