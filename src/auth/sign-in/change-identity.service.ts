import { Injectable } from '@nestjs/common';
import type { User } from '../../generated/prisma/client.js';
import { requireRecent, type Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { Database, type Sql } from '../../infra/postgres/database.js';
import { AccountService, addressOf, keysOf } from '../account/account.service.js';
import { FIND_TAKEN_IDENTITIES } from '../account/account.sql.js';
import {
  columnsOf,
  keysOfIdentity,
  readNewIdentity,
  requireFree,
  requireReachable,
  type Identity,
  type TakenCode,
} from '../account/identity.js';
import { AuditLog, maskIdentity } from '../audit-log.js';
import { NoticeService } from '../notice/notice.service.js';
import { OtpService, type SentCode } from '../otp/otp.service.js';
import { AccessRevocationService } from './access-revocation.service.js';
import type { ConfirmIdentityDto, IdentityDto } from './sign-in.dto.js';

/** Adds or replaces an identity of a signed-in account. The account does not change before the code is confirmed. */
@Injectable()
export class ChangeIdentityService {
  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly accounts: AccountService,
    private readonly otps: OtpService,
    private readonly access: AccessRevocationService,
    private readonly notices: NoticeService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Sends a code to the new identity. One that another account has is answered alike, and its owner is informed instead.
   * @throws AppError `auth.mobile_taken`, `auth.email_taken` for an identity that this account has; for one that another has only
   * where codes are returned in the response;
   * `auth.reauthentication_required`, `auth.otp_cooldown`,
   * `validation.failed`, `service.unavailable`
   */
  async request(user: Principal, dto: IdentityDto, origin: RequestOrigin): Promise<SentCode> {
    requireRecent(user);
    const { userId } = user;
    const identity = readNewIdentity(dto, this.settings);
    requireReachable([identity], this.settings);
    requireAnother(await this.accounts.get(userId), identity);
    const taken = (await this.database.query(FIND_TAKEN_IDENTITIES, columnsOf(identity))).length > 0;
    const recipient = taken ? null : { id: userId, verified: true };
    const sent = await this.otps.send(
      { identity, purpose: 'new_identity', recipient, account: userId },
      origin,
    );
    if (taken) await this.informOwner(userId, identity, origin);
    return sent;
  }

  /**
   * Adds the identity, in place of the one of the same kind, makes the account's codes unusable and ends its other sessions. The
   * identities of before are told by a message, so that a thief cannot change them unnoticed.
   * @throws AppError `auth.reauthentication_required`, `auth.otp_invalid`, `auth.otp_attempts_exceeded`, `auth.mobile_taken`,
   * `auth.email_taken`, `auth.unauthenticated` when the account is deleted at the same time, `validation.failed`, `service.unavailable`
   */
  async confirm(user: Principal, dto: ConfirmIdentityDto, origin: RequestOrigin): Promise<User> {
    requireRecent(user);
    const { userId, sessionId } = user;
    const identity = readNewIdentity(dto, this.settings);
    const { otp, challengeId } = dto;
    await this.otps.use(identity, { purpose: 'new_identity', otp, challengeId, account: userId }, origin);
    const former = identitiesOf(await this.accounts.get(userId));
    const sessions = await this.set(user, identity, former, origin);
    this.access.announce(userId);
    const facts = { userId, sessionId, identity: maskIdentity(identity.key), sessions };
    this.audit.record('identity.changed', origin, facts);
    return this.accounts.get(userId);
  }

  private async informOwner(userId: string, identity: Identity, origin: RequestOrigin): Promise<void> {
    const reason = takenCode(identity);
    this.audit.record('identity.refused', origin, { userId, identity: maskIdentity(identity.key), reason });
    if (this.otps.shown) throw new AppError(reason);
    const address = addressOf(await this.accounts.find(identity), identity);
    await this.notices.send(
      this.database,
      { ...identity, address },
      'identity_taken_attempt',
      origin.requestId,
    );
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

  /**
   * Locks: identity, unverified accounts with it, account, day, challenge, session, work item.
   * @param former the identities of before: their holder is told
   * @returns how many sessions ended
   */
  private set(
    { userId, sessionId }: Principal,
    identity: Identity,
    former: FormerIdentity[],
    origin: RequestOrigin,
  ): Promise<number> {
    return this.database.transaction(async (sql) => {
      await this.accounts.lockIdentity(sql, identity);
      await this.requireFree(sql, userId, identity, origin);
      await this.accounts.prepareIdentity(sql, userId, identity);
      // Before the change, so that the codes of the former identity are found.
      await this.otps.invalidate(sql, userId);
      await this.accounts.setIdentity(sql, userId, identity);
      const sessions = await this.access.revoke(sql, userId, sessionId);
      for (const each of former) await this.notices.send(sql, each, 'identity_changed', origin.requestId);
      return sessions;
    });
  }
}

function takenCode({ kind }: Identity): TakenCode {
  return kind === 'mobile' ? 'auth.mobile_taken' : 'auth.email_taken';
}

function requireAnother(user: User, identity: Identity): void {
  const keys = keysOfIdentity(identity);
  if (keysOf(user).some((key) => keys.includes(key)))
    throw new AppError(takenCode(identity), { detail: 'This account has it already.' });
}

type FormerIdentity = Pick<Identity, 'kind' | 'address'>;

function identitiesOf({ mobile, email }: User): FormerIdentity[] {
  return [
    ...(mobile === null ? [] : [{ kind: 'mobile' as const, address: mobile }]),
    ...(email === null ? [] : [{ kind: 'email' as const, address: email }]),
  ];
}
