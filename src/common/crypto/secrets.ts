import {
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';

/** What a key is used for; each use has a key of its own. */
export type KeyUse =
  | 'one-time-code'
  | 'sealed-code'
  | 'otp-limit'
  | 'refresh-successor'
  | 'refresh-mark'
  | 'identity-of-the-day';

/** Keys derived from `JWT_SECRET` (HKDF-SHA256), in its order: the first signs, all verify, so that the secret can rotate. */
@Injectable()
export class ServerKeys {
  private readonly cache = new Map<KeyUse, readonly [KeyObject, ...KeyObject[]]>();

  constructor(private readonly settings: Settings) {}

  /** The keys of one use, the newest first. */
  of(use: KeyUse): readonly [KeyObject, ...KeyObject[]] {
    const keys = this.cache.get(use) ?? this.derive(use);
    this.cache.set(use, keys);
    return keys;
  }

  /** HMAC-SHA256 under every key of the use, the newest first. */
  hmacs(use: KeyUse, ...parts: (string | Buffer)[]): [Buffer, ...Buffer[]] {
    const [first, ...others] = this.of(use);
    return [hmac(first, parts), ...others.map((key) => hmac(key, parts))];
  }

  private derive(use: KeyUse): readonly [KeyObject, ...KeyObject[]] {
    const [first, ...others] = this.settings.JWT_SECRET.map((secret) =>
      createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `gemini-chat:${use}`, 32))),
    );
    if (!first) throw new Error('JWT_SECRET is empty');
    return [first, ...others];
  }
}

/** Each part is preceded by its length, so that different lists of parts are different bytes. */
function hmac(key: KeyObject, parts: (string | Buffer)[]): Buffer {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(`${Buffer.byteLength(part)}:`).update(part);
  return mac.digest();
}

/** Whether both texts are equal, in a time that depends neither on where they differ nor on the length of the secret. */
export function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}
