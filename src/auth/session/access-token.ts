import { createSecretKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Settings } from '../../config/settings.js';

export const TOKEN_ISSUER = 'gemini-chat';
export const TOKEN_AUDIENCE = 'gemini-chat-api';
export const TOKEN_ALGORITHM = 'HS256';

/** The keys of `JWT_SECRET`: the first signs, all verify. They are made once: a check with a string costs forty times one with a KeyObject. */
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

/** The claims of an access token (RFC 7519): `sub` is the account, `sid` the session; times are Unix times in seconds. */
export interface AccessClaims {
  sub: string;
  sid: string;
  typ: 'access';
  aud: string;
  iat: number;
  exp: number;
}

/** Signs access tokens. */
@Injectable()
export class AccessTokenService {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: TokenKeys,
    private readonly settings: Settings,
  ) {}

  /** Signs a token that is valid for `ACCESS_TOKEN_TTL` seconds. */
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
