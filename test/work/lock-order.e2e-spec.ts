import { Logger } from '@nestjs/common';
import pg from 'pg';
import type { Settings } from '../../src/config/settings.js';
import { Database } from '../../src/infra/postgres/database.js';
import type { StripeCheckouts } from '../../src/infra/stripe/stripe-checkouts.js';
import type { StripePayments } from '../../src/infra/stripe/stripe-payments.js';
import type { StripeSubscriptions } from '../../src/infra/stripe/stripe-subscriptions.js';
import { SyncService } from '../../src/subscription/sync.service.js';
import { inParallel } from '../support/people.js';
import { stripeSdk } from '../support/stripe.js';
import { System } from '../support/system.js';
import { buildSubject, OPERATIONS, type RaceSetup } from './race-operations.js';

const ROUNDS = Number(process.env.RACE_ROUNDS ?? 30);
/** Races at a time, each of an account of its own. */
const WIDTH = 4;
/** Milliseconds by which one of the two may begin later. */
const JITTER = 12;

/** The pair for which Stripe has to know the customer: a deletion speaks to Stripe first. */
const DELETION = ['deletes the account', 'syncs the customer'];

const names = Object.keys(OPERATIONS);
const PAIRS = names.flatMap((one, index) => names.slice(index).map((other) => [one, other] as const));

/** What Stripe would answer: every other time with a subscription. The database's part of a sync is the real one. */
function buildSyncs(database: Database): SyncService {
  let calls = 0;
  const subscription = {
    id: 'sub_1',
    status: 'active',
    currentPeriodStart: new Date(),
    currentPeriodEnd: new Date(Date.now() + 86_400_000),
    cancelAtPeriodEnd: false,
    cancelAt: null,
    endsAt: null,
    schedule: null,
    withheld: null,
    paidInvoice: null,
  };
  const stateOf = async (customer: string) => {
    calls += 1;
    const subscriptions = calls % 2 === 0 ? [{ ...subscription, id: `sub_${customer}` }] : [];
    return { exists: true, subscriptions };
  };
  return new SyncService(
    database,
    { stateOf } as unknown as StripeSubscriptions,
    { reversalOf: async () => null } as unknown as StripePayments,
    { expireAll: async () => undefined } as unknown as StripeCheckouts,
  );
}

describe('operations on one account at the same time', () => {
  let setup: RaceSetup;

  beforeAll(async () => {
    // Syncs of deleted accounts raise alerts here on purpose.
    Logger.overrideLogger(false);
    const system = await System.start({ apis: 2, workers: 0 });
    const database = new Database({
      DATABASE_URL: system.env.DATABASE_URL,
      DATABASE_POOL_SIZE: 10,
      DATABASE_PREPARED_STATEMENTS: true,
    } as Settings);
    setup = { system, database, syncs: buildSyncs(database), stripe: stripeSdk(system.stripe) };
  });
  afterAll(() => setup.system.stop());

  const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  /** Runs the two, each of which may begin a little later than the other. @returns their HTTP statuses */
  async function race(pair: readonly [string, string], round: number): Promise<number[]> {
    const subject = await buildSubject(
      setup,
      round % 2,
      DELETION.every((name) => pair.includes(name)),
    );
    const prepared = [];
    for (const name of pair) prepared.push(await OPERATIONS[name]!(setup, subject));
    const delays = [0, Math.random() * JITTER];
    if (round % 3 === 0) delays.reverse();
    return Promise.all(
      prepared.map(async (run, index) => {
        await later(delays[index] ?? 0);
        return run();
      }),
    );
  }

  it.each(PAIRS)(
    '%s while the other %s',
    async (one, other) => {
      const rounds = Array.from({ length: ROUNDS }, (_, round) => round);
      const statuses = await inParallel(rounds, WIDTH, (round) => race([one, other], round));
      expect(statuses.flat().filter((status) => status >= 500)).toEqual([]);
      expect(statuses.flat().some((status) => status < 300)).toBe(true);
    },
    60_000 + ROUNDS * 2_000,
  );

  it('has given none of them up for another’s sake', async () => {
    // A session reports its deadlocks when it ends, at the latest.
    await Promise.all(setup.system.apis.map((api) => api.stop()));
    await setup.database.onApplicationShutdown();
    const db = new pg.Client(setup.system.env.DATABASE_URL);
    await db.connect();
    const { rows } = await db.query(
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    await db.end();
    expect(rows).toEqual([{ deadlocks: 0 }]);
  });
});
