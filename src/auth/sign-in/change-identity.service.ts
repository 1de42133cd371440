import { Injectable } from '@nestjs/common';
import type { User } from '../../generated/prisma/client.js';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { Database, type Sql } from '../../infra/postgres/database.js';
import { QuotaService } from '../../quota/quota.service.js';
import { AuditLog, maskIdentity } from '../audit-log.js';
import type { ConfirmIdentityDto, IdentityDto } from './sign-in.dto.js';
import { readIdentity, type Identity } from '../account/identity.js';
import { OtpService, type SentCode } from '../otp/otp.service.js';
import type { Principal } from '../../common/auth-context.js';
import { AccountService } from '../account/account.service.js';
import {
  DELETE_UNVERIFIED,
  FIND_TAKEN,
  LOCK_IDENTITIES,
  SET_IDENTITY,
  type TakenRow,
} from '../account/account.sql.js';
import { requireFree, requireReachable } from '../account/identity.js';

/** A second identity, or another one, for an account. Until its code is confirmed nothing has changed. */
@Injectable()
export class ChangeIdentityService {
  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly accounts: AccountService,
    private readonly quotas: QuotaService,
    private readonly otps: OtpService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Sends a code to the new identity.
   * @throws AppError `auth.mobile_taken`, `auth.email_taken`, `auth.otp_cooldown`
   */
  async request({ userId }: Principal, dto: IdentityDto, origin: RequestOrigin): Promise<SentCode> {
    const identity = readIdentity(dto, this.settings.DEFAULT_PHONE_REGION);
    requireReachable([identity], this.settings);
    await this.requireFree(this.database, userId, identity, origin);
    return this.otps.send(identity, 'new_identity', { id: userId, identities: [] }, origin);
  }

  /**
   * Adds the identity, or puts it in place of the old one of its kind, whose codes open nothing any more.
   * @throws AppError `auth.otp_invalid`, `auth.otp_attempts_exceeded`, `auth.mobile_taken`, `auth.email_taken`
   */
  async confirm({ userId }: Principal, dto: ConfirmIdentityDto, origin: RequestOrigin): Promise<User> {
    const identity = readIdentity(dto, this.settings.DEFAULT_PHONE_REGION);
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
    requireFree(await sql.query<TakenRow>(FIND_TAKEN, columnsOf(identity)), (reason) =>
      this.audit.record('identity.refused', origin, { userId, identity: maskIdentity(identity.key), reason }),
    );
  }

  private async set(userId: string, identity: Identity, origin: RequestOrigin): Promise<void> {
    const { kind, key, address } = identity;
    await this.database.transaction(async (sql) => {
      await sql.query(LOCK_IDENTITIES, [[key]]);
      await this.requireFree(sql, userId, identity, origin);
      await sql.query(DELETE_UNVERIFIED, columnsOf(identity));
      await this.quotas.lock(sql, userId);
      const old = await this.accounts.lock(sql, userId);
      if (!old) throw new AppError('auth.otp_invalid');
      // Whoever signs up with the identity that is given up here finds the day as it was.
      if (old[kind] !== null) await this.quotas.carryOver(sql, userId, [old[kind]]);
      await sql.query(SET_IDENTITY, [userId, kind, key, address]);
      await this.otps.invalidate(sql, userId);
      await this.otps.resetGuard(sql, identity);
      await this.quotas.restoreCarryOver(sql, userId, key);
    });
  }
}

/** As the statements about both columns want it: mobile, email. */
function columnsOf({ kind, key }: Identity): [string | null, string | null] {
  return kind === 'mobile' ? [key, null] : [null, key];
}
