import { Injectable } from '@nestjs/common';
import { EXPIRED_KEYS as SWEEP_KEYS } from '../infra/idempotency/idempotency.sql.js';
import { Database } from '../infra/postgres/database.js';
import { Sweeper, sweepOf } from '../infra/postgres/retention.js';
import { OLD_CARRY_OVER, OLD_USAGE } from '../quota/quota.sql.js';

/** Removes what people left behind and no longer counts: codes, guesses, sessions, answers, the use of days that are over, accounts that nobody ever confirmed. */
@Injectable()
export class AccountRetention extends Sweeper {
  readonly name = 'account-sweep';
  protected readonly sweeps = [
    sweepOf('one_time_code', "expires_at < now() - interval '1 day'"),
    sweepOf(
      'code_guard',
      `resets_at < now() - interval '1 hour' AND (failures = 0 OR resets_at < now() - interval '30 days')
       AND coalesce(last_sent_at, '-infinity') < now() - interval '1 day'`,
    ),
    sweepOf('session', "expires_at < now() - interval '1 day'"),
    sweepOf(
      'app_user',
      `verified_at IS NULL AND created_at < now() - interval '7 days'
       AND NOT EXISTS (SELECT FROM one_time_code c WHERE c.user_id = app_user.id AND c.expires_at > now())`,
    ),
    OLD_CARRY_OVER,
    OLD_USAGE,
    SWEEP_KEYS,
  ];

  constructor(database: Database) {
    super(database);
  }
}
