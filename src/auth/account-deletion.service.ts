import { Injectable } from '@nestjs/common';
import type { Sql } from '../infra/postgres/database.js';
import { QuotaService } from '../quota/quota.service.js';
import { AccountService, carryOverKeys, keysOf } from './account/account.service.js';
import { PasswordGuard } from './account/password-guard.js';
import { OtpService } from './otp/otp.service.js';

/** An account that is locked and about to be deleted. */
export interface LockedAccount {
  userId: string;
  /** Keys of its identities. */
  identities: string[];
}

/** Deletes an account in two steps, so that the caller can end what runs for it in between. */
@Injectable()
export class AccountDeletionService {
  constructor(
    private readonly accounts: AccountService,
    private readonly quotas: QuotaService,
    private readonly otps: OtpService,
    private readonly guard: PasswordGuard,
  ) {}

  /**
   * Locks the account and keeps today's use of the quota under a keyed hash of its identities, so that signing up again gives
   * no new quota. Locks: account, day.
   * @param sql a transaction that has released the account's Stripe customer
   * @returns null when the account is deleted already
   */
  async lock(sql: Sql, userId: string): Promise<LockedAccount | null> {
    const account = await this.accounts.lock(sql, userId);
    if (!account) return null;
    const identities = keysOf(account);
    await this.quotas.carryOver(sql, userId, carryOverKeys(identities));
    return { userId, identities };
  }

  /**
   * Deletes the account, its codes, and every row that a foreign key refers to it by: a few. Without the account its sessions
   * are not live, and its identities are free. Locks: challenge, password guard.
   * @param sql a transaction that has called `lock`
   */
  async delete(sql: Sql, { userId, identities }: LockedAccount): Promise<void> {
    await this.otps.deleteAll(sql, userId, identities);
    await this.guard.forgetAll(sql, userId, identities);
    await this.accounts.delete(sql, userId);
  }
}
