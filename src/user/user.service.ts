import { Injectable } from '@nestjs/common';
import type { User } from '../generated/prisma/client.js';
import { AccountService, keysOf } from '../auth/account/account.service.js';
import { OtpService } from '../auth/otp/otp.service.js';
import { AuditLog } from '../auth/audit-log.js';
import type { Principal } from '../common/auth-context.js';
import { ChatroomDeletionService } from '../chatroom/room/chatroom-deletion.service.js';
import { failpoint } from '../common/failpoint.js';
import type { RequestOrigin } from '../common/http/request-context.js';
import { IdempotencyService } from '../infra/idempotency/idempotency.service.js';
import { Database } from '../infra/postgres/database.js';
import { QuotaService } from '../quota/quota.service.js';
import { AccountTerminationService } from '../subscription/account-termination.service.js';
import type { UpdateUserDto } from './user.dto.js';

/** The account itself. */
@Injectable()
export class UserService {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountService,
    private readonly otps: OtpService,
    private readonly termination: AccountTerminationService,
    private readonly rooms: ChatroomDeletionService,
    private readonly quotas: QuotaService,
    private readonly idempotency: IdempotencyService,
    private readonly audit: AuditLog,
  ) {}

  /** Changes what is named. */
  update(userId: string, { name }: UpdateUserDto): Promise<User> {
    return name === undefined ? this.accounts.get(userId) : this.accounts.rename(userId, name);
  }

  /**
   * Deletes the account and all that belongs to it: first at Stripe, so that nobody goes on paying for nothing, then
   * here in one transaction. Of the day's use a keyed hash stays until midnight.
   * @throws AppError `stripe.unavailable`: nothing has changed here; `service.unavailable`: it may be half done, and goes on
   * when it is asked again
   */
  async remove({ userId }: Principal, origin: RequestOrigin): Promise<void> {
    await this.termination.close(userId);
    failpoint('account.closed');
    const published = await this.database.transaction(async (sql) => {
      await this.termination.release(sql, userId);
      const account = await this.accounts.lock(sql, userId);
      if (!account) return [];
      const identities = keysOf(account);
      await this.quotas.carryOver(sql, userId, identities);
      const replies = await this.rooms.deleteAll(sql, userId, origin.requestId);
      await this.idempotency.deleteAll(sql, userId);
      await this.otps.deleteAll(sql, userId, identities);
      await this.accounts.delete(sql, userId);
      return replies;
    });
    void this.rooms.purge(userId, published);
    this.audit.record('account.deleted', origin, { userId });
  }
}
