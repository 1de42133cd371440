import { Injectable } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import { Database, type Sql } from '../../infra/postgres/database.js';
import { COUNT_ATTEMPT, FORGET_FAILURES } from './password-guard.sql.js';
import { PasswordService } from './password.service.js';

/** What failures are counted by: an identity, with or without an account; a device of the account; a signed-in account. */
export type GuessSubject = { identity: string } | { device: string } | { account: string };

/** Limits guesses at passwords, for all processes together. */
@Injectable()
export class PasswordGuard {
  constructor(
    private readonly database: Database,
    private readonly passwords: PasswordService,
  ) {}

  /**
   * Counts an attempt as a failure, to be called before the password is compared.
   * @throws AppError `rate_limit.exceeded` after too many failures; `service.unavailable`, also when too many hashes wait
   */
  async count(subject: GuessSubject): Promise<void> {
    this.passwords.requireCapacity();
    const [row] = await this.database.query(COUNT_ATTEMPT, [keyOf(subject)]);
    if (row?.allowed) return;
    throw new AppError('rate_limit.exceeded', {
      detail: 'Too many wrong passwords. Wait, or sign in with a code.',
      retryAfter: row?.retryAfter ?? 60,
    });
  }

  /** Forgets the failures of a subject, after a right password. Locks: password guard. */
  async forget(sql: Sql, subject: GuessSubject): Promise<void> {
    await sql.query(FORGET_FAILURES, [[keyOf(subject)]]);
  }

  /** Forgets the failures of an account and its identities, with the account. Locks: password guard. */
  async forgetAll(sql: Sql, userId: string, identities: string[]): Promise<void> {
    await sql.query(FORGET_FAILURES, [[...identities, keyOf({ account: userId })]]);
  }
}

function keyOf(subject: GuessSubject): string {
  if ('identity' in subject) return subject.identity;
  return 'device' in subject ? `session:${subject.device}` : `account:${subject.account}`;
}
