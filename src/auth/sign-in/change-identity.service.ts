import { Injectable } from '@nestjs/common';
import type { User } from '../../generated/prisma/client.js';
import type { Principal } from '../../common/auth-context.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { Database, type Sql } from '../../infra/postgres/database.js';
import { AccountService } from '../account/account.service.js';
import { FIND_TAKEN_IDENTITIES } from '../account/account.sql.js';
import {
  columnsOf,
  readNewIdentity,
  requireFree,
  requireReachable,
  type Identity,
} from '../account/identity.js';
import { AuditLog, maskIdentity } from '../audit-log.js';
import { OtpService, type SentCode } from '../otp/otp.service.js';
import type { ConfirmIdentityDto, IdentityDto } from './sign-in.dto.js';

/** Adds or replaces an identity of a signed-in account. The account does not change before the code is confirmed. */
@Injectable()
export class ChangeIdentityService {
  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly accounts: AccountService,
    private readonly otps: OtpService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Sends a code to the new identity.
   * @throws AppError `auth.mobile_taken`, `auth.email_taken`, `auth.otp_cooldown`, `validation.failed`, `service.unavailable`
   */
  async request({ userId }: Principal, dto: IdentityDto, origin: RequestOrigin): Promise<SentCode> {
    const identity = readNewIdentity(dto, this.settings);
    requireReachable([identity], this.settings);
    await this.requireFree(this.database, userId, identity, origin);
    return this.otps.send(identity, 'new_identity', { id: userId, identities: [] }, origin);
  }

  /**
   * Adds the identity, in place of the one of the same kind, and makes the account's codes unusable.
   * @throws AppError `auth.otp_invalid`, `auth.otp_attempts_exceeded`, `auth.mobile_taken`, `auth.email_taken`,
   * `auth.unauthenticated` when the account is deleted at the same time, `validation.failed`, `service.unavailable`
   */
  async confirm({ userId }: Principal, dto: ConfirmIdentityDto, origin: RequestOrigin): Promise<User> {
    const identity = readNewIdentity(dto, this.settings);
    await this.otps.use(identity, 'new_identity', dto.otp, origin, userId);
    await this.set(userId, identity, origin);
    this.audit.record('identity.changed', origin, { userId, identity: maskIdentity(identity.key) });
    return this.accounts.get(userId);
  }

  private async requireFree(
    sql: Sql,
    userId: string,
    identity: Identity,
    origin: RequestOrigin,
  ): Promise<void> {
    const taken = await sql.query(FIND_TAKEN_IDENTITIES, columnsOf(identity));
    requireFree(taken, (reason) =>
      this.audit.record('identity.refused', origin, { userId, identity: maskIdentity(identity.key), reason }),
    );
  }

  /** Locks: identity, unverified accounts with it, account, day, code guard, code. */
  private async set(userId: string, identity: Identity, origin: RequestOrigin): Promise<void> {
    await this.database.transaction(async (sql) => {
      await this.accounts.lockIdentity(sql, identity);
      await this.requireFree(sql, userId, identity, origin);
      await this.accounts.prepareIdentity(sql, userId, identity);
      await this.otps.resetGuard(sql, identity);
      await this.accounts.setIdentity(sql, userId, identity);
      await this.otps.invalidate(sql, userId);
    });
  }
}
