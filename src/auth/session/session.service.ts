import { Injectable } from '@nestjs/common';
import type { Session } from '../../generated/prisma/client.js';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Database, type Sql } from '../../infra/postgres/database.js';
import { PrismaService } from '../../infra/postgres/prisma.service.js';
import { AuditLog } from '../audit-log.js';
import { toSessionDto, type SessionListDto } from './session.dto.js';
import { REVOKE_SESSIONS } from './session.sql.js';

/** Lists and revokes sessions. A session is one signed-in device; its tokens stop working as soon as it is revoked. */
@Injectable()
export class SessionService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly database: Database,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Lists the live sessions of the account, the last used first.
   * @throws AppError `service.unavailable`
   */
  async list({ userId, sessionId }: Principal): Promise<SessionListDto> {
    const rows = await this.prisma.db.session.findMany({
      where: { userId, ...live() },
      select: { id: true, createdAt: true, lastUsedAt: true, ip: true, userAgent: true },
      orderBy: [{ lastUsedAt: 'desc' }, { id: 'desc' }],
    });
    return { data: rows.map((row) => toSessionDto(row, sessionId)) };
  }

  /**
   * Revokes the session of the request.
   * @returns false when it was not live any more
   * @throws AppError `service.unavailable`
   */
  async end({ userId, sessionId }: Principal, origin: RequestOrigin): Promise<boolean> {
    const revoked = await this.revokeOne(userId, sessionId);
    if (revoked) this.audit.record('session.revoked', origin, { userId, sessionId });
    return revoked;
  }

  /**
   * Revokes one session of the account.
   * @throws AppError `auth.session_not_found` when the account has no such live session; `service.unavailable`
   */
  async revoke(user: Principal, sessionId: string, origin: RequestOrigin): Promise<void> {
    if (!(await this.end({ ...user, sessionId }, origin))) throw new AppError('auth.session_not_found');
  }

  /**
   * Revokes every session of the account but that of the request.
   * @throws AppError `service.unavailable`
   */
  async revokeOthers({ userId, sessionId }: Principal, origin: RequestOrigin): Promise<void> {
    const sessions = await this.revokeAll(this.database, userId, sessionId);
    this.audit.record('session.revoked', origin, { userId, sessions });
  }

  /**
   * Revokes a session without a line in the audit log.
   * @returns false when it was not live any more
   * @throws AppError `service.unavailable`
   */
  async revokeOne(userId: string, sessionId: string): Promise<boolean> {
    const { count } = await this.prisma.db.session.updateMany({
      where: { id: sessionId, userId, ...live() },
      data: { revokedAt: new Date() },
    });
    return count > 0;
  }

  /**
   * Revokes the sessions of an account without a line in the audit log. Locks: session.
   * @param except a session that is kept
   * @returns how many were revoked
   */
  async revokeAll(sql: Sql, userId: string, except: string | null = null): Promise<number> {
    return (await sql.query(REVOKE_SESSIONS, [userId, except])).length;
  }
}

/** The condition of a session that still works. */
function live(): { revokedAt: Session['revokedAt']; expiresAt: { gt: Date } } {
  return { revokedAt: null, expiresAt: { gt: new Date() } };
}
