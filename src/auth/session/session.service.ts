import { Injectable } from '@nestjs/common';
import type { Session } from '../../generated/prisma/client.js';
import type { Principal } from '../../common/auth-context.js';
import { AppError } from '../../common/errors/app-error.js';
import { decodeCursor, encodeCursor } from '../../common/http/cursor.js';
import type { PageQuery } from '../../common/http/page-query.dto.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Database, type Sql } from '../../infra/postgres/database.js';
import { PrismaService } from '../../infra/postgres/prisma.service.js';
import { AuditLog } from '../audit-log.js';
import { LiveSessionsService } from './live-sessions.service.js';
import { toSessionDto, type SessionListDto } from './session.dto.js';
import { REVOKE_SESSIONS } from './session.sql.js';

/** Lists and revokes sessions. A session is one signed-in device; its tokens stop working as soon as it is revoked. */
@Injectable()
export class SessionService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly database: Database,
    private readonly live: LiveSessionsService,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Lists a page of the live sessions of the account, the last used first.
   * @throws AppError `validation.failed` for a cursor that is none; `service.unavailable`
   */
  async list({ userId, sessionId }: Principal, { limit, cursor }: PageQuery): Promise<SessionListDto> {
    const rows = await this.prisma.db.session.findMany({
      where: { userId, ...live(), ...(cursor && after(cursor)) },
      select: { id: true, createdAt: true, lastUsedAt: true, ip: true, userAgent: true },
      orderBy: [{ lastUsedAt: 'desc' }, { id: 'desc' }],
      take: limit + 1,
    });
    const page = rows.slice(0, limit);
    const last = rows.length > limit ? page.at(-1) : undefined;
    return {
      data: page.map((row) => toSessionDto(row, sessionId)),
      nextCursor: last ? encodeCursor(`s${last.lastUsedAt.getTime()}.${last.id}`) : null,
    };
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
    this.live.announce(userId);
    this.audit.record('session.revoked', origin, { userId, sessions });
  }

  /**
   * Revokes a session, without a line in the audit log, and ends what it has open.
   * @returns false when it was not live any more
   * @throws AppError `service.unavailable`
   */
  async revokeOne(userId: string, sessionId: string): Promise<boolean> {
    const { count } = await this.prisma.db.session.updateMany({
      where: { id: sessionId, userId, ...live() },
      data: { revokedAt: new Date() },
    });
    if (count > 0) this.live.announce(userId);
    return count > 0;
  }

  /**
   * Revokes the sessions of an account without a line in the audit log. What they have open ends once the caller announces it,
   * after the commit. Locks: session.
   * @param except a session that is kept
   * @returns how many were revoked
   */
  async revokeAll(sql: Sql, userId: string, except: string | null = null): Promise<number> {
    return (await sql.query(REVOKE_SESSIONS, [userId, except])).length;
  }
}

const CURSOR = /^s(\d{1,14})\.([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/;

/** The condition of a session that follows a page of the list. @throws AppError `validation.failed` */
function after(cursor: string) {
  const [time = '', id = ''] = decodeCursor(cursor, CURSOR);
  const lastUsedAt = new Date(Number(time));
  return { OR: [{ lastUsedAt: { lt: lastUsedAt } }, { lastUsedAt, id: { lt: id } }] };
}

/** The condition of a session that still works. */
function live(): { revokedAt: Session['revokedAt']; expiresAt: { gt: Date } } {
  return { revokedAt: null, expiresAt: { gt: new Date() } };
}
