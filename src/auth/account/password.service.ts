import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Injectable, OnModuleInit } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { AppError } from '../../common/errors/app-error.js';
import { findWeakness, normalizePassword, type PasswordOwner } from './password-rules.js';

/** OWASP's minimum for argon2id (also the package's default): 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Hashes that wait beside those that are being made: more would only keep people waiting for longer than they do. */
const MAX_WAITING = 40;

/** How a password compares with a hash; `as_typed`: only in the form in which earlier releases hashed it. */
export type Comparison = 'same' | 'as_typed' | 'different';

/**
 * Hashes and compares passwords. Comparing takes as long for an account without a password, so that its time reveals nothing.
 * Every method that hashes throws AppError `service.unavailable` when too many hashes wait in this process.
 */
@Injectable()
export class PasswordService implements OnModuleInit {
  /** What a password is compared with where there is no hash. */
  private dummyHash = '';
  private readonly limit = pLimit(Math.min(4, availableParallelism()));

  /** Makes the dummy hash before the first request. */
  async onModuleInit(): Promise<void> {
    this.dummyHash = await hash(randomBytes(16), COST);
  }

  /**
   * Refuses passwords that are easily guessed, with the reason.
   * @param field the request's field, for the error
   * @throws AppError `validation.failed`
   */
  requireStrong(password: string, field: string, owner: PasswordOwner): void {
    const weakness = findWeakness(password, owner);
    if (weakness === null) return;
    const message = `${field} ${weakness}`;
    throw new AppError('validation.failed', { detail: `${message}.`, errors: [{ field, message }] });
  }

  /**
   * Requires that a hash can be made without a long wait: to be called before an attempt is counted.
   * @throws AppError `service.unavailable`
   */
  requireCapacity(): void {
    if (this.limit.pendingCount < MAX_WAITING) return;
    throw new AppError('service.unavailable', {
      detail: 'Too many passwords are being checked. Try again in a moment.',
      retryAfter: 2,
    });
  }

  /** Hashes a password with argon2id. @returns the hash as a PHC string, which is what is stored */
  async hash(password: string): Promise<string> {
    this.requireCapacity();
    return this.limit(() => hash(normalizePassword(password), COST));
  }

  /**
   * Whether a password belongs to a hash.
   * @param passwordHash null or undefined: false, after the same work
   */
  async matches(passwordHash: string | null | undefined, password: string): Promise<boolean> {
    return (await this.compare(passwordHash, password)) !== 'different';
  }

  /**
   * Compares a password with a hash, in both forms where they differ: passwords that earlier releases hashed as they were
   * typed go on working.
   * @param passwordHash null or undefined: `different`, after the same work
   */
  async compare(passwordHash: string | null | undefined, password: string): Promise<Comparison> {
    this.requireCapacity();
    const stored = passwordHash ?? this.dummyHash;
    const form = normalizePassword(password);
    const same = await this.limit(() => verify(stored, form));
    const asTyped = !same && form !== password && (await this.limit(() => verify(stored, password)));
    if (!passwordHash) return 'different';
    return same ? 'same' : asTyped ? 'as_typed' : 'different';
  }
}
