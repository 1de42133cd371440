import { createSecretKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';

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
