import { Injectable } from '@nestjs/common';
import { Database } from '../infra/postgres/database.js';
import { Sweeper } from '../infra/postgres/retention.js';
import { SWEEP } from './stripe-event.sql.js';

/** Removes events that nobody can send again. */
@Injectable()
export class StripeEventRetention extends Sweeper {
  readonly name = 'stripe-event-sweep';
  protected readonly sweeps = [SWEEP];

  constructor(database: Database) {
    super(database);
  }
}
