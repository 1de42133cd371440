import { Injectable } from '@nestjs/common';
import type { User } from '../generated/prisma/client.js';
import { AccountService, keysOf } from '../auth/account/account.service.js';
import { AuditLog } from '../auth/audit-log.js';
import type { Principal } from '../auth/principal.js';
import { RoomClosingService } from '../chatroom/room-closing.service.js';
import { failpoint } from '../common/failpoint.js';
import type { RequestOrigin } from '../common/http/request-origin.decorator.js';
import { IdempotencyService } from '../infra/idempotency/idempotency.service.js';
import { Database } from '../infra/prisma/database.js';
import { QuotaService } from '../quota/quota.service.js';
import { ClosingService } from '../subscription/closing.service.js';
import type { UpdateUserDto } from './user.dto.js';

/** The account itself. */
@Injectable()
export class UserService {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountService,
    private readonly closing: ClosingService,
    private readonly rooms: RoomClosingService,
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
    await this.closing.close(userId);
    failpoint('account.closed');
    await this.rooms.thinOut(userId);
    const published = await this.database.transaction(async (sql) => {
      const replies = await this.rooms.hold(sql, userId);
      const account = await this.accounts.hold(sql, userId);
      if (!account) return [];
      const identities = keysOf(account);
      await this.quotas.carryOver(sql, userId, identities);
      await this.idempotency.erase(sql, userId);
      await this.closing.release(sql, userId);
      await this.accounts.erase(sql, userId, identities);
      return replies;
    });
    void this.rooms.forget(userId, published);
    this.audit.record('account.deleted', origin, { userId });
  }
}
