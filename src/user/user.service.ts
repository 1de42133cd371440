import { Injectable } from '@nestjs/common';
import { AccountDeletionService } from '../auth/account-deletion.service.js';
import { AuditLog } from '../auth/audit-log.js';
import { ChatroomDeletionService } from '../chatroom/room/chatroom-deletion.service.js';
import type { Principal } from '../common/auth-context.js';
import { failpoint } from '../common/failpoint.js';
import type { RequestOrigin } from '../common/http/request-context.js';
import { Database } from '../infra/postgres/database.js';
import { AccountTerminationService } from '../subscription/account-termination.service.js';

/** Deletes an account across the features that store something for it. */
@Injectable()
export class UserService {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountDeletionService,
    private readonly termination: AccountTerminationService,
    private readonly rooms: ChatroomDeletionService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Deletes the account and everything that belongs to it: first its subscriptions at Stripe, so that no one keeps paying for a
   * deleted account, then its rows in one transaction. Locks: customer, account, day, rooms, work items, code guard, code.
   * @throws AppError `stripe.unavailable`: nothing has changed here; `service.unavailable`: subscriptions may have ended
   * already, and repeating the request completes the deletion
   */
  async remove({ userId }: Principal, origin: RequestOrigin): Promise<void> {
    await this.termination.close(userId);
    failpoint('account.closed');
    const published = await this.database.transaction(async (sql) => {
      await this.termination.release(sql, userId);
      const account = await this.accounts.lock(sql, userId);
      if (!account) return [];
      const replies = await this.rooms.deleteAll(sql, userId, origin.requestId);
      await this.accounts.delete(sql, account);
      return replies;
    });
    void this.rooms.purge(userId, published);
    this.audit.record('account.deleted', origin, { userId });
  }
}
