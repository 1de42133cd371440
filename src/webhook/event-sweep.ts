import { Injectable } from '@nestjs/common';
import { Database } from '../infra/prisma/database.js';
import { Sweeper } from '../infra/prisma/sweep.js';
import { SWEEP } from './event.statement.js';

/** Removes events that nobody can send again. */
@Injectable()
export class EventSweep extends Sweeper {
  readonly name = 'stripe-event-sweep';
  protected readonly sweeps = [SWEEP];

  constructor(database: Database) {
    super(database);
  }
}
