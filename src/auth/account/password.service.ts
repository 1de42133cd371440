import { dictionary } from '@zxcvbn-ts/language-common';
import { randomBytes } from 'node:crypto';
import { Injectable, OnModuleInit } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { AppError } from '../../common/errors/app-error.js';

/** Length of a password in code points. */
export const MIN_PASSWORD = 8;
export const MAX_PASSWORD = 128;

const COMMON: ReadonlySet<string> = new Set(
  dictionary['passwords-common'].filter((word) => word.length >= MIN_PASSWORD),
);

/** Whether a password is in the dictionary of common passwords, whatever the case of its letters. */
function isCommonPassword(password: string): boolean {
  return COMMON.has(password.toLowerCase());
}

/** OWASP's minimum for argon2id (also the package's default): 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes and compares passwords. Comparing takes as long for an account without a password, so that its time reveals nothing. */
@Injectable()
export class PasswordService implements OnModuleInit {
  /** What a password is compared with where there is no hash. */
  private dummyHash = '';

  /** Makes the dummy hash before the first request. */
  async onModuleInit(): Promise<void> {
    this.dummyHash = await hash(randomBytes(16), COST);
  }

  /**
   * Refuses common passwords.
   * @param field the request's field, for the error
   * @throws AppError `validation.failed`
   */
  requireUncommon(password: string, field: string): void {
    if (!isCommonPassword(password)) return;
    const message = `${field} is too common`;
    throw new AppError('validation.failed', {
      detail: `${message}. Choose a less common one.`,
      errors: [{ field, message }],
    });
  }

  /** Hashes a password with argon2id. @returns the hash as a PHC string, which is what is stored */
  hash(password: string): Promise<string> {
    return hash(password, COST);
  }

  /**
   * Whether a password belongs to a hash.
   * @param passwordHash null or undefined: false, after the same work
   */
  async matches(passwordHash: string | null | undefined, password: string): Promise<boolean> {
    const matches = await verify(passwordHash ?? this.dummyHash, password);
    return matches && passwordHash !== null && passwordHash !== undefined;
  }
}
