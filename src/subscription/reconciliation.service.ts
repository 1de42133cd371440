import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { Database, type Statement } from '../infra/postgres/database.js';
import type { Rescue } from '../infra/work/recovery.js';
import { within } from '../infra/stripe/deadline.js';
import { isMisconfigured } from '../infra/stripe/stripe-error.js';
import { SyncService } from './sync.service.js';

/** Taken for a while, so that another worker leaves them alone; those that fail come back scattered, in other company. */
const TAKE_DUE: Statement = {
  name: 'stripe_sweep',
  text: `
    UPDATE stripe_customer SET sweep_at = now() + (1 + random()) * interval '5 minutes'
    WHERE id IN (SELECT id FROM stripe_customer WHERE sweep_at <= now() ORDER BY sweep_at LIMIT 10 FOR UPDATE SKIP LOCKED)
    RETURNING id`,
};

/** Milliseconds for one customer. */
const SYNC_BUDGET = 25_000;

/** Compares with Stripe who pays or was about to: what no event told is found here. */
@Injectable()
export class ReconciliationService implements Rescue {
  readonly name = 'stripe-sweep';
  private readonly logger = new Logger(ReconciliationService.name);

  constructor(
    private readonly database: Database,
    private readonly syncs: SyncService,
  ) {}

  /**
   * A customer whom Stripe refuses holds nobody else up; when Stripe is away or wants fewer requests, the rest waits.
   * @returns 0: a sweep does its work itself and rings for nobody
   */
  async rescue(): Promise<number> {
    const due = await this.database.query<{ id: string }>(TAKE_DUE, []);
    for (const { id } of due) await this.compare(id);
    if (due.length > 0) this.logger.debug(`compared ${due.length} customers with Stripe`);
    return 0;
  }

  private async compare(customer: string): Promise<void> {
    try {
      await within(SYNC_BUDGET, () => this.syncs.sync(customer));
    } catch (error) {
      if (error instanceof AppError && !isMisconfigured(error.cause)) throw error;
      this.logger.error({ err: error, customer }, 'a customer cannot be compared with Stripe');
    }
  }
}
