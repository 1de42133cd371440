import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { User } from '../../generated/prisma/client.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { Database, type ValuesOf } from '../../infra/postgres/database.js';
import { toUserDto, type UserDto } from '../account/account.dto.js';
import {
  FIND_TAKEN_IDENTITIES,
  INSERT_ACCOUNT,
  LOCK_IDENTITIES,
  RELEASE_UNVERIFIED_IDENTITIES,
} from '../account/account.sql.js';
import {
  invalidIdentity,
  keysOfIdentity,
  readNewIdentities,
  requireFree,
  requireReachable,
  type Identity,
} from '../account/identity.js';
import type { PasswordOwner } from '../account/password-rules.js';
import { PasswordService } from '../account/password.service.js';
import { AuditLog, maskIdentity } from '../audit-log.js';
import type { SignUpDto } from './sign-in.dto.js';

type NewAccount = Pick<User, 'id' | 'mobile' | 'email' | 'emailKey' | 'name' | 'pendingPasswordHash'>;

const UNVERIFIED = { passwordHash: null, verifiedAt: null };

/** Opens accounts. Nobody can sign in to an account before a code is confirmed; until then another sign-up takes its identities. */
@Injectable()
export class SignUpService {
  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly passwords: PasswordService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Opens an account. Unverified ones with the same identities lose them.
   * @throws AppError `auth.mobile_taken`, `auth.email_taken` when a verified account has an identity; `validation.failed` (also
   * for a password that is easily guessed), `service.unavailable`
   */
  async signUp(dto: SignUpDto, origin: RequestOrigin): Promise<UserDto> {
    const identities = readNewIdentities(dto, this.settings);
    requireReachable(identities, this.settings);
    requirePassword(identities, dto.password);
    if (dto.password) this.passwords.requireStrong(dto.password, 'password', ownerOf(dto, identities));
    const account = {
      id: uuidv7(),
      mobile: identities.find(({ kind }) => kind === 'mobile')?.key ?? null,
      email: identities.find(({ kind }) => kind === 'email')?.address ?? null,
      emailKey: identities.find(({ kind }) => kind === 'email')?.key ?? null,
      name: dto.name ?? null,
      pendingPasswordHash: dto.password ? await this.passwords.hash(dto.password) : null,
    };
    const createdAt = await this.insert(account, identities, origin);
    this.audit.record('account.signed_up', origin, { userId: account.id });
    return toUserDto({ ...UNVERIFIED, ...account, createdAt });
  }

  /** Locks: identities, unverified accounts with them. */
  private insert(account: NewAccount, identities: Identity[], origin: RequestOrigin): Promise<Date> {
    const { id, mobile, email, emailKey, name, pendingPasswordHash } = account;
    const keysOf = (kind: Identity['kind']) =>
      identities.filter((identity) => identity.kind === kind).flatMap(keysOfIdentity);
    const keys: ValuesOf<typeof FIND_TAKEN_IDENTITIES> = [keysOf('mobile'), keysOf('email')];
    return this.database.transaction(async (sql) => {
      await sql.query(LOCK_IDENTITIES, [keys.flat().sort()]);
      requireFree(await sql.query(FIND_TAKEN_IDENTITIES, keys), (reason) => {
        const taken = (reason === 'auth.mobile_taken' ? mobile : emailKey) ?? '';
        this.audit.record('identity.refused', origin, { identity: maskIdentity(taken), reason });
      });
      await sql.query(RELEASE_UNVERIFIED_IDENTITIES, keys);
      const values: ValuesOf<typeof INSERT_ACCOUNT> = [
        id,
        mobile,
        email,
        emailKey,
        name,
        pendingPasswordHash,
      ];
      const [row] = await sql.query(INSERT_ACCOUNT, values);
      return row?.createdAt ?? new Date();
    });
  }
}

function requirePassword(identities: Identity[], password: string | undefined): void {
  if (password || identities.some(({ kind }) => kind === 'mobile')) return;
  throw invalidIdentity('password', 'password is needed with an email address alone');
}

function ownerOf({ name }: SignUpDto, identities: Identity[]): PasswordOwner {
  return { identities: identities.map(({ key }) => key), name };
}
