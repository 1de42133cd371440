import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ServerKeys } from '../../common/crypto/secrets.js';
import { Settings } from '../../config/settings.js';

const SECRET_BYTES = 32;
const ID_BYTES = 16;
const MARK_BYTES = 16;
const TOKEN = /^[\w-]{86}$/;

/**
 * Opaque refresh tokens: 256 secret bits, the session's id, and a mark that only we can make. The mark tells a token
 * that was once ours from an invented one, so that the reuse of however old a token ends its session, and nothing else does.
 */
@Injectable()
export class RefreshTokens {
  /** Seconds that a token is good for. */
  readonly life: number;

  constructor(
    private readonly keys: ServerKeys,
    settings: Settings,
  ) {
    this.life = settings.REFRESH_TOKEN_TTL;
  }

  /** The first token of a session. */
  create(sessionId: string): string {
    return this.build(randomBytes(SECRET_BYTES), sessionId);
  }

  /** What is stored of a token. */
  hash(token: string): string {
    return createHash('sha256').update(token).digest('base64url');
  }

  /** The token that follows: always the same under one key. Several while `JWT_SECRET` rotates, the newest key's first. */
  successors(token: string, sessionId: string): string[] {
    return this.keys
      .hmacs('refresh-successor', token)
      .map((secret, generation) => this.build(secret, sessionId, generation));
  }

  /** The session a token speaks of, true or not; null for what is no token. */
  sessionIn(token: string): string | null {
    if (!TOKEN.test(token)) return null;
    const hex = Buffer.from(token, 'base64url').toString('hex', SECRET_BYTES, SECRET_BYTES + ID_BYTES);
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }

  /** Whether we made this token, used up or not. */
  isOurs(token: string): boolean {
    const bytes = Buffer.from(token, 'base64url');
    const mark = bytes.subarray(SECRET_BYTES + ID_BYTES);
    return this.keys
      .hmacs('refresh-mark', bytes.subarray(0, SECRET_BYTES + ID_BYTES))
      .some((made) => timingSafeEqual(made.subarray(0, MARK_BYTES), mark));
  }

  /** @param generation the place of the key in `JWT_SECRET` */
  private build(secret: Buffer, sessionId: string, generation = 0): string {
    const signed = Buffer.concat([secret, Buffer.from(sessionId.replaceAll('-', ''), 'hex')]);
    const mark = this.keys.hmacs('refresh-mark', signed)[generation] ?? Buffer.alloc(0);
    return Buffer.concat([signed, mark.subarray(0, MARK_BYTES)]).toString('base64url');
  }
}
