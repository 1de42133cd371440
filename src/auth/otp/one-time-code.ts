import { createCipheriv, createDecipheriv, randomBytes, randomInt } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { toAsciiDigits } from '../../common/ascii-digits.js';
import { ServerKeys } from '../../common/crypto/secrets.js';

/** What a code may be used for. A code of another purpose is refused as a wrong one. */
export type CodePurpose = 'sign_in' | 'reset_password' | 'new_identity';

/** A code and where it is delivered to. */
export interface CodeMessage {
  kind: 'mobile' | 'email';
  /** E.164, or an email address. */
  address: string;
  otp: string;
}

const DIGITS = 6;
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Makes codes, and the hash and the encrypted message that are stored of them. */
@Injectable()
export class OneTimeCodes {
  constructor(private readonly keys: ServerKeys) {}

  /** Makes a code of six random digits. */
  create(): string {
    return String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');
  }

  /** The HMACs that are compared with what is stored of a code: one for each key of `JWT_SECRET`, the newest key's first. */
  hashes(identity: string, purpose: CodePurpose, code: string): [string, ...string[]] {
    const [first, ...others] = this.keys.hmacs('one-time-code', identity, purpose, code);
    return [first.toString('base64url'), ...others.map((mac) => mac.toString('base64url'))];
  }

  /** Encrypts a code and its address until it is delivered (AES-256-GCM). @param id the code's id, which is authenticated too */
  seal(id: string, message: CodeMessage): string {
    const text = JSON.stringify(message);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.keys.of('sealed-code')[0], nonce).setAAD(Buffer.from(id));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
  }

  /** Decrypts what `seal` made. @throws Error when it was made with another key or for another id */
  unseal(id: string, text: string): CodeMessage {
    const bytes = Buffer.from(text, 'base64url');
    let failure: unknown;
    for (const key of this.keys.of('sealed-code')) {
      try {
        const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES))
          .setAAD(Buffer.from(id))
          .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        const sealed = bytes.subarray(NONCE_BYTES + TAG_BYTES);
        const opened = Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8');
        return JSON.parse(opened) as CodeMessage;
      } catch (error) {
        failure = error;
      }
    }
    throw new Error('the sealed code cannot be opened', { cause: failure });
  }
}

/** What people and programs put between the digits of a code: spaces, hyphens, and invisible characters such as direction marks. */
const SEPARATORS = /[\s\p{Pd}\p{Cf}]/gu;

/**
 * Reads a code as it was typed: digits of any script become ASCII digits, and separators are dropped. Other characters stay, so
 * that the code is refused as a wrong one.
 */
export function readCode(text: string): string {
  return toAsciiDigits(text.normalize('NFKC').replace(SEPARATORS, ''));
}
