import { Injectable, Logger } from '@nestjs/common';
import { failpoint } from '../common/failpoint.js';
import { Database, type Sql } from '../infra/postgres/database.js';
import { StripeCheckouts } from '../infra/stripe/stripe-checkouts.js';
import { StripeCustomers } from '../infra/stripe/stripe-customers.js';
import {
  endsWithPeriod,
  StripeSubscriptions,
  type ProSubscription,
} from '../infra/stripe/stripe-subscriptions.js';
import { SCHEDULE_ITEM, UNSCHEDULE_ITEM } from '../infra/work/work.sql.js';
import { chooseBest, isLive } from '../plan/plan.js';
import { nextReconciliation } from './next-reconciliation.js';
import {
  APPLY_NUMBER,
  CLOSE_SYNC,
  DROP_SUBSCRIPTION,
  STORE_SUBSCRIPTION,
  TAKE_NUMBER,
  type AppliedRow,
} from './sync.sql.js';

/** What Stripe said of a customer. */
interface StripeState {
  exists: boolean;
  /** Live Pro subscriptions, the best first. */
  live: ProSubscription[];
}

export interface SyncResult extends StripeState {
  /** Whose customer it is from now on; null: nobody's; undefined where a later sync has said so. */
  owner: string | null | undefined;
}

/** Brings what we know of a customer in line with Stripe. Every event, return from checkout and sweep goes through it. */
@Injectable()
export class SyncService {
  private readonly logger = new Logger(SyncService.name);

  constructor(
    private readonly database: Database,
    private readonly customers: StripeCustomers,
    private readonly subscriptions: StripeSubscriptions,
    private readonly checkouts: StripeCheckouts,
  ) {}

  /**
   * Fetches the customer's subscriptions and stores the best live one. May be repeated and run at the same time: it
   * takes a number before it fetches, and a result older than one already stored is dropped. What nobody is there for
   * any more can no longer be bought.
   * @returns what Stripe said; null for a customer that is not ours
   * @throws AppError `stripe.unavailable`, `service.unavailable`; then nothing has changed
   */
  async sync(customer: string): Promise<SyncResult | null> {
    const number = await this.takeNumber(customer);
    if (number === null) return null;
    const told = await this.fetch(customer);
    failpoint('sync.fetched');
    const owner = await this.database.transaction((sql) => this.apply(sql, { customer, number, told }));
    failpoint('sync.applied');
    if (owner === null) await this.checkouts.closeAll(customer);
    return { ...told, owner };
  }

  private async takeNumber(customer: string): Promise<number | null> {
    const [row] = await this.database.query<{ number: number }>(TAKE_NUMBER, [customer]);
    return row?.number ?? null;
  }

  private async fetch(customer: string): Promise<StripeState> {
    const [exists, all] = await Promise.all([
      this.customers.exists(customer),
      this.subscriptions.list(customer),
    ]);
    const live = all.filter(({ status }) => isLive(status));
    const best = chooseBest(live);
    return { exists, live: best ? [best, ...live.filter((one) => one !== best)] : [] };
  }

  private async apply(sql: Sql, { customer, number, told }: Result): Promise<SyncResult['owner']> {
    const [row] = await sql.query<AppliedRow>(APPLY_NUMBER, [customer, number]);
    if (!row) return undefined;
    const { userId } = row;
    const live = told.live.length > 0;
    const changed = userId !== null && (await store(sql, userId, told.live[0]));
    const now = new Date();
    const changedAt = changed ? now : row.changedAt;
    const owner = told.exists ? userId : null;
    const sweepAt = nextReconciliation({ now, changedAt, live, owned: userId !== null });
    await sql.query(CLOSE_SYNC, [customer, owner, changedAt]);
    await scheduleReconciliation(sql, customer, sweepAt);
    this.alert(customer, userId, told.live);
    return owner;
  }

  /** Money that only a person can put right. */
  private alert(customer: string, userId: string | null, live: ProSubscription[]): void {
    const subscriptions = live.map(({ id }) => id);
    if (userId === null && live.length > 0) {
      this.logger.error(
        { alert: 'stripe.orphan_subscription', customer, subscriptions },
        'a deleted account still pays: cancel and refund at Stripe',
      );
    } else if (live.length > 1) {
      this.logger.error(
        { alert: 'stripe.duplicate_subscription', customer, userId, subscriptions },
        'a person pays more than once: cancel and refund the surplus at Stripe',
      );
    }
  }
}

interface Result {
  customer: string;
  number: number;
  told: StripeState;
}

/** @returns whether anything changed */
async function store(sql: Sql, userId: string, best: ProSubscription | undefined): Promise<boolean> {
  const rows = best
    ? await sql.query<{ changed: boolean }>(STORE_SUBSCRIPTION, [userId, ...columns(best)])
    : await sql.query<{ changed: boolean }>(DROP_SUBSCRIPTION, [userId]);
  return rows[0]?.changed ?? false;
}

function columns(best: ProSubscription): unknown[] {
  const { id, status, currentPeriodStart, currentPeriodEnd, endsAt } = best;
  return [id, status, currentPeriodStart, currentPeriodEnd, endsWithPeriod(best), endsAt];
}

/** @param at null: never */
async function scheduleReconciliation(sql: Sql, customer: string, at: Date | null): Promise<void> {
  if (at) await sql.query(SCHEDULE_ITEM, ['customer-reconciliation', customer, at]);
  else await sql.query(UNSCHEDULE_ITEM, ['customer-reconciliation', customer]);
}
