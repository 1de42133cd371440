import { Injectable } from '@nestjs/common';
import { AccountDeletionService } from '../auth/account-deletion.service.js';
import { AuditLog } from '../auth/audit-log.js';
import { LiveSessionsService } from '../auth/session/live-sessions.service.js';
import { ChatroomDeletionService } from '../chatroom/room/chatroom-deletion.service.js';
import { requireRecent, type Principal } from '../common/auth-context.js';
import { PURGE_DELAY } from '../config/timing.js';
import { failpoint } from '../common/failpoint.js';
import type { RequestOrigin } from '../common/http/request-context.js';
import { Database } from '../infra/postgres/database.js';
import { WorkQueue } from '../infra/work/work-queue.js';
import { AccountTerminationService } from '../subscription/account-termination.service.js';
import { ORDER_ACCOUNT_PURGE } from './user.sql.js';

/** Deletes an account across the features that store something for it. */
@Injectable()
export class UserService {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountDeletionService,
    private readonly termination: AccountTerminationService,
    private readonly rooms: ChatroomDeletionService,
    private readonly queue: WorkQueue,
    private readonly sessions: LiveSessionsService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Deletes the account: first its subscriptions at Stripe, so that no one keeps paying for a deleted account, then its row, with
   * which its tokens and identities go, in one short transaction. A worker purges the rest, whatever its size.
   * Locks: customer, account, day, work items, rooms, challenge.
   * @throws AppError `auth.reauthentication_required`; `stripe.unavailable`: nothing has changed here; `service.unavailable`:
   * subscriptions may have ended
   * already, and repeating the request completes the deletion
   */
  async remove(user: Principal, origin: RequestOrigin): Promise<void> {
    requireRecent(user);
    const { userId } = user;
    await this.termination.close(userId);
    failpoint('account.closed');
    const replies = await this.database.transaction(async (sql) => {
      await this.termination.release(sql, userId);
      const account = await this.accounts.lock(sql, userId);
      if (!account) return [];
      const ended = await this.rooms.endReplies(sql, userId);
      await sql.query(ORDER_ACCOUNT_PURGE, [userId, origin.requestId]);
      await this.accounts.delete(sql, account);
      return ended;
    });
    failpoint('account.deleted');
    this.rooms.publishEnd(replies);
    void this.queue.add('account-purge', [{ subjectId: userId, claim: 0, priority: 1 }], PURGE_DELAY);
    this.sessions.announce(userId);
    this.audit.record('account.deleted', origin, { userId });
  }
}
