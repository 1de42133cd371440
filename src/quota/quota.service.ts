import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { ServerKeys } from '../common/crypto/secrets.js';
import { Database, type Sql } from '../infra/postgres/database.js';
import { nextReset, remaining, utcDay } from './quota-day.js';
import { CARRY_OVER, LOCK_DAY, READ_USED, RESTORE_CARRIED } from './quota.sql.js';

/** The day so far. `limit` and `remaining` are null when there is no limit. */
export interface QuotaUsage {
  used: number;
  limit: number | null;
  remaining: number | null;
  resetsAt: Date;
}

/** The day's units of a person. Units are taken by the accept statement and given back by the finish statement, each in one piece. */
@Injectable()
export class QuotaService {
  constructor(
    private readonly database: Database,
    private readonly keys: ServerKeys,
  ) {}

  /** What a person has used of today's `limit`. */
  async usage(userId: string, limit: number | null): Promise<QuotaUsage> {
    const now = new Date();
    const [row] = await this.database.query<{ used: number }>(READ_USED, [userId, utcDay(now)]);
    return toUsage(row?.used ?? 0, limit, now);
  }

  /**
   * Charges nothing until the transaction ends. Before the account is held: whoever charges locks in that order.
   * @throws AppError `auth.unauthenticated` when the person is gone
   */
  async lock(sql: Sql, userId: string): Promise<void> {
    await sql.query(LOCK_DAY, [userId, utcDay(new Date())]).catch(refuseGone);
  }

  /** Keeps today's use under a keyed hash of each identity that an account is about to lose, until midnight. */
  async carryOver(sql: Sql, userId: string, identities: string[]): Promise<void> {
    const hashes = identities.map((identity) => this.hashes(identity)[0]);
    await sql.query(CARRY_OVER, [userId, utcDay(new Date()), hashes]);
  }

  /**
   * Gives an account what another one with the same identity had used today. Harmless twice.
   * @throws AppError `auth.unauthenticated` when the person is gone
   */
  async restoreCarryOver(sql: Sql, userId: string, identity: string): Promise<void> {
    const values = [userId, utcDay(new Date()), this.hashes(identity)];
    await sql.query(RESTORE_CARRIED, values).catch(refuseGone);
  }

  /** Of an identity, under every server key, the newest first. */
  private hashes(identity: string): string[] {
    return this.keys.hmacs('identity-of-the-day', identity).map((mac) => mac.toString('base64url'));
  }
}

/** A day's row refers to a person, who may have been deleted a moment ago. */
function refuseGone(error: Error & { code?: string }): never {
  throw error.code === '23503' ? new AppError('auth.unauthenticated') : error;
}

/** The day as told to a client, from what the accept statement counted. */
export function toUsage(used: number, limit: number | null, now: Date): QuotaUsage {
  return { used, limit, remaining: remaining(limit, used), resetsAt: nextReset(now) };
}
