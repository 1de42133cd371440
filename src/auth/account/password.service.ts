import { dictionary } from '@zxcvbn-ts/language-common';
import { randomBytes } from 'node:crypto';
import { Injectable, OnModuleInit } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { AppError } from '../../common/errors/app-error.js';

/** Code points. */
export const MIN_PASSWORD = 8;
export const MAX_PASSWORD = 128;

const COMMON: ReadonlySet<string> = new Set(
  dictionary['passwords-common'].filter((word) => word.length >= MIN_PASSWORD),
);

/** Whether a password is among those that are tried first, whatever the case of its letters. */
export function isCommonPassword(password: string): boolean {
  return COMMON.has(password.toLowerCase());
}

/** OWASP's minimum for argon2id (what the package uses unless told otherwise): 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes passwords and compares them, in the same time whether or not there is one to compare with. */
@Injectable()
export class PasswordService implements OnModuleInit {
  private dummyHash = '';

  async onModuleInit(): Promise<void> {
    this.dummyHash = await hash(randomBytes(16), COST);
  }

  /** @param field of the request, for the error @throws AppError `validation.failed` for a common password */
  requireUncommon(password: string, field: string): void {
    if (!isCommonPassword(password)) return;
    const message = `${field} is too common`;
    throw new AppError('validation.failed', {
      detail: `${message}. Choose one that nobody else would.`,
      errors: [{ field, message }],
    });
  }

  /** What is stored of a password. */
  hash(password: string): Promise<string> {
    return hash(password, COST);
  }

  /** Whether the password belongs to the hash. Without a hash: false, after as much work. */
  async matches(passwordHash: string | null | undefined, password: string): Promise<boolean> {
    const right = await verify(passwordHash ?? this.dummyHash, password);
    return right && passwordHash !== null && passwordHash !== undefined;
  }
}
