import { createSecretKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { JwtService } from '@nestjs/jwt';

export const TOKEN_ISSUER = 'gemini-chat';
export const TOKEN_AUDIENCE = 'gemini-chat-api';
export const TOKEN_ALGORITHM = 'HS256';

/** The keys of `JWT_SECRET`: the first signs, all verify. Made once, since a string key costs forty times a KeyObject per check. */
@Injectable()
export class TokenKeys {
  readonly all: readonly KeyObject[];
  readonly signing: KeyObject;

  constructor(settings: Settings) {
    const keys = settings.JWT_SECRET.map((secret) => createSecretKey(Buffer.from(secret)));
    const [first] = keys;
    if (!first) throw new Error('JWT_SECRET is empty');
    this.all = keys;
    this.signing = first;
  }
}

export interface AccessClaims {
  sub: string;
  sid: string;
  typ: 'access';
  aud: string;
  iat: number;
  exp: number;
}

/** Signs the short-lived token that names a session. */
@Injectable()
export class AccessTokenService {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: TokenKeys,
    private readonly settings: Settings,
  ) {}

  /** A token good for `ACCESS_TOKEN_TTL` seconds. */
  sign(userId: string, sessionId: string): string {
    return this.jwt.sign(
      { sid: sessionId, typ: 'access' },
      {
        privateKey: this.keys.signing,
        algorithm: TOKEN_ALGORITHM,
        issuer: TOKEN_ISSUER,
        audience: TOKEN_AUDIENCE,
        subject: userId,
        expiresIn: this.settings.ACCESS_TOKEN_TTL,
      },
    );
  }
}
