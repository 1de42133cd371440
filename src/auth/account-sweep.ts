import { Injectable } from '@nestjs/common';
import { SWEEP as SWEEP_KEYS } from '../infra/idempotency/idempotency.statement.js';
import { Database } from '../infra/prisma/database.js';
import { Sweeper, sweepOf } from '../infra/prisma/sweep.js';
import { SWEEP_CARRIED, SWEEP_USED } from '../quota/quota.statement.js';

/** Removes what people left behind and no longer counts: codes, guesses, sessions, answers, the use of days that are over, accounts that nobody ever confirmed. */
@Injectable()
export class AccountSweep extends Sweeper {
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
    SWEEP_CARRIED,
    SWEEP_USED,
    SWEEP_KEYS,
  ];

  constructor(database: Database) {
    super(database);
  }
}
