import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { User } from '../../generated/prisma/client.js';
import { AppError } from '../../common/errors/app-error.js';
import type { Sql } from '../../infra/postgres/database.js';
import { PrismaService } from '../../infra/postgres/prisma.service.js';
import { QuotaService } from '../../quota/quota.service.js';
import {
  CONFIRM_ACCOUNT,
  DELETE_ACCOUNT,
  INSERT_ACCOUNT,
  LOCK_ACCOUNT,
  LOCK_IDENTITIES,
  LOCK_UNVERIFIED_ACCOUNTS,
  RELEASE_UNVERIFIED_IDENTITIES,
  SET_IDENTITY,
  type LockedAccountRow,
} from './account.sql.js';
import type { PasswordOwner } from './password-rules.js';
import { columnsOf, keysOfIdentity, useKeyOf, type Identity } from './identity.js';

/** Accounts and their identities. What a day's quota was used for follows the identity, so it is moved here too. */
@Injectable()
export class AccountService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly quotas: QuotaService,
  ) {}

  /**
   * Finds the account, verified or not, that has an identity.
   * @throws AppError `service.unavailable`
   */
  async find(identity: Identity): Promise<User | null> {
    const keys = keysOfIdentity(identity);
    const column = identity.kind === 'mobile' ? 'mobile' : 'emailKey';
    const users = await this.prisma.db.user.findMany({ where: { [column]: { in: keys } } });
    return users.find((user) => user[column] === identity.key) ?? users[0] ?? null;
  }

  /**
   * Reads an account.
   * @throws AppError `auth.unauthenticated` when the account is deleted; `service.unavailable`
   */
  async get(id: string): Promise<User> {
    const user = await this.prisma.db.user.findUnique({ where: { id } });
    if (!user) throw new AppError('auth.unauthenticated');
    return user;
  }

  /**
   * Changes the fields that are given.
   * @param name null removes the name, undefined keeps it
   * @returns the account as it is then
   * @throws AppError `auth.unauthenticated` when the account is deleted; `service.unavailable`
   */
  async update(id: string, { name }: { name?: string | null }): Promise<User> {
    if (name !== undefined) await this.prisma.db.user.updateMany({ where: { id }, data: { name } });
    return this.get(id);
  }

  /**
   * Takes a right code as the proof that the account's owner has the identity, and restores the identity's use of today's quota.
   * It opens a verified account only if that has the identity still. Else it opens whichever account has it now, and a new one
   * when none has: the code proves who holds the identity, whoever has signed up with it.
   * Locks: identity, account, day.
   * @param sql a transaction
   * @param user the account that had the identity when the code was used, or null
   * @param passwordHash what the account's password becomes if this is its first proof and the sign-up gave it; null: no password
   * @returns the account's id
   * @throws AppError `auth.otp_invalid` when the verified account is deleted or no longer has the identity
   */
  async confirm(
    sql: Sql,
    { user, identity }: { user: User | null; identity: Identity },
    passwordHash: string | null,
  ): Promise<string> {
    await this.lockIdentity(sql, identity);
    const onlyId = user?.verifiedAt ? user.id : null;
    const confirm = () => sql.query(CONFIRM_ACCOUNT, [...columnsOf(identity), onlyId, passwordHash]);
    let [account] = await confirm();
    if (!account && onlyId === null) {
      await sql.query(INSERT_ACCOUNT, [uuidv7(), ...valuesOf(identity), null, null]);
      [account] = await confirm();
    }
    if (!account) throw new AppError('auth.otp_invalid');
    await this.quotas.restoreCarryOver(sql, account.id, carryOverKeys(keysOfIdentity(identity)));
    return account.id;
  }

  /**
   * Replaces a password's hash, unless the password was changed since it was read.
   * @param current the hash that was read
   * @returns whether it was replaced
   * @throws AppError `service.unavailable`
   */
  async replacePassword(userId: string, current: string | null, passwordHash: string): Promise<boolean> {
    const { count } = await this.prisma.db.user.updateMany({
      where: { id: userId, passwordHash: current },
      data: { passwordHash },
    });
    return count > 0;
  }

  /**
   * Serialises sign-up, confirmation and change of the identity until the transaction ends.
   * Locks: identity; to be called before anything else is locked.
   * @param sql a transaction
   */
  async lockIdentity(sql: Sql, identity: Identity): Promise<void> {
    await sql.query(LOCK_IDENTITIES, [keysOfIdentity(identity).sort()]);
  }

  /**
   * Prepares a change of identity: locks the accounts and moves the use of today's quota, which follows the identities.
   * Locks: unverified accounts with the identity, account, day.
   * @param sql a transaction that has called `lockIdentity`
   * @throws AppError `auth.unauthenticated` when the account is deleted
   */
  async prepareIdentity(sql: Sql, userId: string, identity: Identity): Promise<void> {
    await sql.query(LOCK_UNVERIFIED_ACCOUNTS, columnsOf(identity));
    const account = await this.lock(sql, userId);
    if (!account) throw new AppError('auth.unauthenticated');
    const former = identity.kind === 'mobile' ? account.mobile : account.emailKey;
    // An account that signs up with the former identity today starts with today's use of that identity.
    if (former !== null) await this.quotas.carryOver(sql, userId, carryOverKeys([former]));
    await this.quotas.restoreCarryOver(sql, userId, carryOverKeys(keysOfIdentity(identity)));
  }

  /**
   * Gives the account an identity that no verified account has, in place of the one of the same kind. Unverified accounts
   * lose it.
   * @param sql a transaction that has called `prepareIdentity`
   */
  async setIdentity(sql: Sql, userId: string, identity: Identity): Promise<void> {
    await sql.query(RELEASE_UNVERIFIED_IDENTITIES, columnsOf(identity));
    await sql.query(SET_IDENTITY, [userId, identity.kind, identity.key, identity.address]);
  }

  /**
   * Locks an account until the transaction ends: no sign-in, prompt or new room in the meantime. Locks: account.
   * @param sql a transaction
   * @returns the keys of its identities; null when it is deleted
   */
  async lock(sql: Sql, id: string): Promise<LockedAccountRow | null> {
    const [row] = await sql.query(LOCK_ACCOUNT, [id]);
    return row ?? null;
  }

  /**
   * Deletes an account with its subscription and its use of the quota. What else belonged to it is purged later.
   * @param sql a transaction that has locked the account and its day
   */
  async delete(sql: Sql, id: string): Promise<void> {
    await sql.query(DELETE_ACCOUNT, [id]);
  }
}

/** The keys under which a day's use is kept for identities: their own, which the release before reads, and those of their use. */
export function carryOverKeys(keys: string[]): string[] {
  return [...new Set(keys.flatMap((key) => [key, useKeyOf({ key })]))];
}

/** What is known of an account's owner that makes a password easy to guess. */
export function ownerOf(user: User): PasswordOwner {
  return { identities: keysOf(user), name: user.name };
}

/** The keys of the identities that an account has. */
export function keysOf({ mobile, emailKey }: LockedAccountRow): string[] {
  return [mobile, emailKey].filter((key) => key !== null);
}

/** The columns (mobile, email, its key) of an account that has this identity alone. */
function valuesOf({
  kind,
  key,
  address,
}: Identity): [mobile: string | null, email: string | null, emailKey: string | null] {
  return kind === 'mobile' ? [key, null, null] : [null, address, key];
}

/** Characters of an address that every mail server takes. */
const ASCII = /^[\x21-\x7e]+$/;

/** Where messages to an identity go: mail to the address as the account has it, unless that is no form of it that mail servers know. */
export function addressOf(user: User | null, { kind, address }: Identity): string {
  return kind === 'email' && user?.email && ASCII.test(user.email) ? user.email : address;
}
