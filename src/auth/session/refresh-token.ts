import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ServerKeys } from '../../common/crypto/secrets.js';
import { Settings } from '../../config/settings.js';

const SECRET_BYTES = 32;
const ID_BYTES = 16;
const TAG_BYTES = 16;
/** base64url of the 64 bytes. */
const TOKEN = /^[\w-]{86}$/;

/**
 * Makes and checks refresh tokens: 256 secret bits, the session's id, and a tag that needs a server key. The tag tells a token
 * that this product once made from an invented one, so that the reuse of a token, however old, ends its session, and an invented
 * token does not.
 */
@Injectable()
export class RefreshTokens {
  /** Seconds that a token is valid. */
  readonly lifetime: number;

  constructor(
    private readonly keys: ServerKeys,
    settings: Settings,
  ) {
    this.lifetime = settings.REFRESH_TOKEN_TTL;
  }

  /** Makes the first token of a session. */
  create(sessionId: string): string {
    return this.build(randomBytes(SECRET_BYTES), sessionId);
  }

  /** The hash that is stored of a token. */
  hash(token: string): string {
    return createHash('sha256').update(token).digest('base64url');
  }

  /** The tokens that may follow a token: the same one under one key; one for each key of `JWT_SECRET`, the newest key's first. */
  successors(token: string, sessionId: string): string[] {
    return this.keys
      .hmacs('refresh-successor', token)
      .map((secret, generation) => this.build(secret, sessionId, generation));
  }

  /** Whether a server key made this token, current or rotated. */
  isOurs(token: string): boolean {
    const bytes = Buffer.from(token, 'base64url');
    const tag = bytes.subarray(SECRET_BYTES + ID_BYTES);
    return this.keys
      .hmacs('refresh-mark', bytes.subarray(0, SECRET_BYTES + ID_BYTES))
      .some((made) => timingSafeEqual(made.subarray(0, TAG_BYTES), tag));
  }

  /** @param generation the index of the key in `JWT_SECRET` */
  private build(secret: Buffer, sessionId: string, generation = 0): string {
    const signed = Buffer.concat([secret, Buffer.from(sessionId.replaceAll('-', ''), 'hex')]);
    const tag = this.keys.hmacs('refresh-mark', signed)[generation] ?? Buffer.alloc(0);
    return Buffer.concat([signed, tag.subarray(0, TAG_BYTES)]).toString('base64url');
  }
}

/** The session that a token names, whether or not the token is genuine; null for a text that is not a token. */
export function sessionIn(token: string): string | null {
  if (!TOKEN.test(token)) return null;
  const hex = Buffer.from(token, 'base64url').toString('hex', SECRET_BYTES, SECRET_BYTES + ID_BYTES);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
