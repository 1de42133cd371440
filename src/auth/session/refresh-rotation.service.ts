import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import type { RequestOrigin } from '../../common/http/request-context.js';
import { Settings } from '../../config/settings.js';
import { Database, type ValuesOf } from '../../infra/postgres/database.js';
import { RefreshTokens, sessionIn } from './refresh-token.js';
import { FIND_KNOWN_DEVICE, FIND_ROTATION, ROTATE_REFRESH_TOKEN } from './session.sql.js';

/** Seconds in which a rotated token still gets its successor: a response may be lost, and two tabs may refresh at once. */
const GRACE = 20;

/** What a rotated refresh token leads to. */
export interface Rotation {
  userId: string;
  /** The token's successor; null: the token was used again after the grace. */
  successor: string | null;
}

/** Rotates refresh tokens, and tells a token that was rotated before from one that never existed. */
@Injectable()
export class RefreshRotationService {
  private readonly logger = new Logger(RefreshRotationService.name);

  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly tokens: RefreshTokens,
  ) {}

  /**
   * Exchanges a refresh token for its successor; during the grace it gets the same successor again.
   * @param sessionId the session that the token names
   * @param origin stored as the session's last place of use
   * @returns null for a token that is not one of a live session
   * @throws AppError `service.unavailable`
   */
  async rotate(token: string, sessionId: string, origin: RequestOrigin): Promise<Rotation | null> {
    const [successor = ''] = this.tokens.successors(token, sessionId);
    const [row] = await this.database.query(ROTATE_REFRESH_TOKEN, [
      sessionId,
      this.tokens.hash(token),
      this.tokens.hash(successor),
      origin.ip,
      origin.userAgent,
      this.tokens.lifetime,
      GRACE,
      this.settings.SESSION_MAX_AGE,
    ]);
    return row ? { userId: row.userId, successor } : this.repeat(token, sessionId);
  }

  /**
   * Finds the session of an account, live or ended, whose last refresh token a device has.
   * @param userId null: the same work, and no session
   * @throws AppError `service.unavailable`
   */
  async findDevice(token: string, userId: string | null): Promise<string | null> {
    const sessionId = sessionIn(token);
    if (!sessionId) return null;
    const [row] = await this.database.query(FIND_KNOWN_DEVICE, [sessionId, userId, this.tokens.hash(token)]);
    return row?.id ?? null;
  }

  /** Finds the successor of a token that is not the current one. */
  private async repeat(token: string, sessionId: string): Promise<Rotation | null> {
    const values: ValuesOf<typeof FIND_ROTATION> = [sessionId, this.tokens.hash(token), GRACE];
    const [row] = await this.database.query(FIND_ROTATION, values);
    if (!row) return null;
    const { userId, inGrace, successors } = row;
    if (inGrace) return { userId, successor: this.successor(token, sessionId, successors) };
    return inGrace === false || this.tokens.isOurs(token) ? { userId, successor: null } : null;
  }

  /**
   * The successor whose hash is stored.
   * @throws AppError `service.unavailable` when it was made with a key of `JWT_SECRET` that only other processes have so far
   */
  private successor(token: string, sessionId: string, hashes: string[]): string {
    const successors = this.tokens.successors(token, sessionId);
    const found = successors.find((each) => hashes.includes(this.tokens.hash(each)));
    if (found) return found;
    this.logger.warn(
      'a refresh token was exchanged under a key of JWT_SECRET that this process does not have',
    );
    throw new AppError('service.unavailable');
  }
}
