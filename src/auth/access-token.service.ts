import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Settings } from '../config/settings.js';
import { TOKEN_ALGORITHM, TOKEN_AUDIENCE, TOKEN_ISSUER, TokenKeys } from './token-keys.js';

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
