import { Injectable } from '@nestjs/common';
import type { User } from '../../generated/prisma/client.js';
import { AppError } from '../../common/errors/app-error.js';
import { PrismaService } from '../../infra/postgres/prisma.service.js';
import { QuotaService } from '../../quota/quota.service.js';
import type { Sql } from '../../infra/postgres/database.js';
import type { Identity } from './identity.js';
import {
  CONFIRM_ACCOUNT,
  DELETE_ACCOUNT,
  LOCK_ACCOUNT,
  LOCK_IDENTITIES,
  type LockedAccount,
} from './account.sql.js';

/** Accounts, found by who they are. */
@Injectable()
export class AccountService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly quotas: QuotaService,
  ) {}

  /** The account that has this identity, verified or waiting for its first code. */
  async find(identity: Identity): Promise<User | null> {
    return this.prisma.db.user.findUnique({
      where: identity.kind === 'mobile' ? { mobile: identity.key } : { emailKey: identity.key },
    });
  }

  /** @throws AppError `auth.unauthenticated` when the account is gone */
  async get(id: string): Promise<User> {
    const user = await this.prisma.db.user.findUnique({ where: { id } });
    if (!user) throw new AppError('auth.unauthenticated');
    return user;
  }

  /**
   * Takes a right code as proof that the account is its owner's.
   * @param passwordHash what the account's password becomes with its first code
   * @throws AppError `auth.otp_invalid` when the account no longer has the identity, or `auth.unauthenticated` when it
   * goes in this very moment and its identity has units of the day to take over
   */
  async confirm(sql: Sql, userId: string, identity: Identity, passwordHash: string | null): Promise<void> {
    await sql.query(LOCK_IDENTITIES, [[identity.key]]);
    // Before the account is held: whoever charges locks in that order.
    await this.quotas.restoreCarryOver(sql, userId, identity.key);
    const claimed = await sql.query(CONFIRM_ACCOUNT, [userId, identity.kind, identity.key, passwordHash]);
    if (claimed.length === 0) throw new AppError('auth.otp_invalid');
  }

  /** Sets the name; null: none. */
  async rename(id: string, name: string | null): Promise<User> {
    await this.prisma.db.user.updateMany({ where: { id }, data: { name } });
    return this.get(id);
  }

  /** Keeps the account as it is until the transaction ends. @returns the keys of its identities; null when it is gone */
  async lock(sql: Sql, id: string): Promise<LockedAccount | null> {
    const [row] = await sql.query<LockedAccount>(LOCK_ACCOUNT, [id]);
    return row ?? null;
  }

  /** Deletes the account with its sessions and everything else that refers to it. */
  async delete(sql: Sql, id: string): Promise<void> {
    await sql.query(DELETE_ACCOUNT, [id]);
  }
}

/** The identities that an account has. */
export function keysOf({ mobile, email }: LockedAccount): string[] {
  return [mobile, email].filter((key) => key !== null);
}
