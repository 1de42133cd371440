import { Injectable } from '@nestjs/common';
import type { Sql } from '../../infra/postgres/database.js';
import { OtpService } from '../otp/otp.service.js';
import { LiveSessionsService } from '../session/live-sessions.service.js';
import { SessionService } from '../session/session.service.js';

/** Ends what an old password may have given access to. */
@Injectable()
export class AccessRevocationService {
  constructor(
    private readonly otps: OtpService,
    private readonly sessions: SessionService,
    private readonly live: LiveSessionsService,
  ) {}

  /**
   * Makes the codes of an account unusable and revokes its sessions. Locks: challenge, session.
   * @param sql a transaction that has locked the account
   * @param except a session that is kept
   * @returns how many sessions were revoked
   */
  async revoke(sql: Sql, userId: string, except: string | null = null): Promise<number> {
    await this.otps.invalidate(sql, userId);
    return this.sessions.revokeAll(sql, userId, except);
  }

  /** Ends what revoked sessions have open: to be called once the transaction is committed. */
  announce(userId: string): void {
    this.live.announce(userId);
  }
}
