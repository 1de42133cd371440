import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { User } from '../../generated/prisma/client.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { Database } from '../../infra/postgres/database.js';
import { AuditLog, maskIdentity } from '../audit-log.js';
import type { SignUpDto } from './sign-in.dto.js';
import { toUserDto, type UserDto } from '../account/account.dto.js';
import { invalidIdentity, readIdentities, type Identity } from '../account/identity.js';
import { PasswordService } from '../account/password.service.js';
import {
  DELETE_UNVERIFIED,
  FIND_TAKEN,
  INSERT_ACCOUNT,
  LOCK_IDENTITIES,
  type TakenRow,
} from '../account/account.sql.js';
import { requireFree, requireReachable } from '../account/identity.js';

type NewAccount = Pick<User, 'id' | 'mobile' | 'email' | 'emailKey' | 'name' | 'pendingPasswordHash'>;

const UNVERIFIED = { unverifiedMobile: null, unverifiedEmail: null, passwordHash: null, verifiedAt: null };

/** Opens accounts. Until a code is confirmed an account lets nobody in and stands in nobody's way. */
@Injectable()
export class SignUpService {
  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly passwords: PasswordService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Opens an account, in place of an unverified one with the same identity.
   * @throws AppError `auth.mobile_taken`, `auth.email_taken` when a verified account has it; `validation.failed`
   */
  async signUp(dto: SignUpDto, origin: RequestOrigin): Promise<UserDto> {
    const identities = readIdentities(dto, this.settings.DEFAULT_PHONE_REGION);
    requireReachable(identities, this.settings);
    requirePassword(identities, dto.password);
    if (dto.password) this.passwords.requireUncommon(dto.password, 'password');
    const account = {
      id: uuidv7(),
      mobile: identities.find(({ kind }) => kind === 'mobile')?.key ?? null,
      email: identities.find(({ kind }) => kind === 'email')?.address ?? null,
      emailKey: identities.find(({ kind }) => kind === 'email')?.key ?? null,
      name: dto.name ?? null,
      pendingPasswordHash: dto.password ? await this.passwords.hash(dto.password) : null,
    };
    const createdAt = await this.insert(account, origin);
    this.audit.record('account.signed_up', origin, { userId: account.id });
    return toUserDto({ ...UNVERIFIED, ...account, createdAt });
  }

  private insert(account: NewAccount, origin: RequestOrigin): Promise<Date> {
    const { id, mobile, email, emailKey, name, pendingPasswordHash } = account;
    const keys = [mobile, emailKey];
    return this.database.transaction(async (sql) => {
      await sql.query(LOCK_IDENTITIES, [keys.filter((key) => key !== null).sort()]);
      requireFree(await sql.query<TakenRow>(FIND_TAKEN, keys), (reason) => {
        const taken = (reason === 'auth.mobile_taken' ? mobile : emailKey) ?? '';
        this.audit.record('identity.refused', origin, { identity: maskIdentity(taken), reason });
      });
      await sql.query(DELETE_UNVERIFIED, keys);
      const values = [id, mobile, email, emailKey, name, pendingPasswordHash];
      const [row] = await sql.query<{ createdAt: Date }>(INSERT_ACCOUNT, values);
      return row?.createdAt ?? new Date();
    });
  }
}

function requirePassword(identities: Identity[], password: string | undefined): void {
  if (password || identities.some(({ kind }) => kind === 'mobile')) return;
  throw invalidIdentity('password', 'password is needed with an email address alone');
}
