import { Injectable } from '@nestjs/common';
import { ServerKeys } from '../common/crypto/secrets.js';
import type { Sql } from '../infra/postgres/database.js';
import { PrismaService } from '../infra/postgres/prisma.service.js';
import { CARRY_OVER_USAGE, RESTORE_USAGE } from './quota.sql.js';

/** What an account used of today's quota. `limit` and `remaining` are null when there is no limit. */
export interface QuotaUsage {
  /** Prompts charged today. */
  used: number;
  /** Prompts a UTC day. */
  limit: number | null;
  /** Prompts left today; never negative. */
  remaining: number | null;
  /** The start of the next UTC day. */
  resetsAt: Date;
}

/** The quota of prompts a UTC day. Units are charged and refunded by the statements that compose `chargeUnit` and `refundUnit`. */
@Injectable()
export class QuotaService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly keys: ServerKeys,
  ) {}

  /**
   * Reads what an account used today.
   * @param limit prompts a UTC day; null for no limit
   * @throws AppError `service.unavailable`
   */
  async usage(userId: string, limit: number | null): Promise<QuotaUsage> {
    const now = new Date();
    const row = await this.prisma.db.quotaUsage.findUnique({
      where: { userId_day: { userId, day: new Date(utcDay(now)) } },
      select: { used: true },
    });
    return toUsage(row?.used ?? 0, limit, now);
  }

  /**
   * Keeps what an account used and got back today under a keyed hash of each identity that it is about to lose, until midnight
   * UTC.
   * Locks: day.
   * @param sql a transaction that has locked the account
   * @param identities keys of the identities
   */
  async carryOver(sql: Sql, userId: string, identities: string[]): Promise<void> {
    const hashes = identities.flatMap((identity) => this.hashes(identity).slice(0, 1));
    await sql.query(CARRY_OVER_USAGE, [userId, utcDay(new Date()), hashes]);
  }

  /**
   * Charges an account with what another account with the same identity used today, and counts its refunds. May be repeated.
   * Locks: day.
   * @param sql a transaction that has locked the account
   * @param identities the keys under which the use of the identity may have been kept
   */
  async restoreCarryOver(sql: Sql, userId: string, identities: string[]): Promise<void> {
    const hashes = identities.flatMap((identity) => this.hashes(identity));
    await sql.query(RESTORE_USAGE, [userId, utcDay(new Date()), hashes]);
  }

  /** The identity's hash under every server key, the newest key first. */
  private hashes(identity: string): string[] {
    return this.keys.hmacs('identity-of-the-day', identity).map((mac) => mac.toString('base64url'));
  }
}

/**
 * The usage as it is shown to clients.
 * @param used prompts charged on the UTC day of `now`
 * @param limit prompts a UTC day; null for no limit
 */
export function toUsage(used: number, limit: number | null, now: Date): QuotaUsage {
  // After a downgrade more may be used than the limit allows.
  const remaining = limit === null ? null : Math.max(0, limit - used);
  return { used, limit, remaining, resetsAt: nextReset(now) };
}

/** The start of the next UTC day, when the count of prompts starts at zero again. */
export function nextReset(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
}

/** The UTC day as PostgreSQL writes a `date`. */
function utcDay(now: Date): string {
  return now.toISOString().slice(0, 10);
}
