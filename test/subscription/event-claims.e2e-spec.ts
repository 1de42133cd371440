import { Logger } from '@nestjs/common';
import type Stripe from 'stripe';
import type { Settings } from '../../src/config/settings.js';
import { Database } from '../../src/infra/postgres/database.js';
import type { Doorbell } from '../../src/infra/work/work-queue.js';
import type { SyncService } from '../../src/subscription/sync.service.js';
import { StripeEventWork } from '../../src/webhook/stripe-event.work.js';
import { WebhookInboxService } from '../../src/webhook/webhook-inbox.service.js';
import { createDatabase } from '../support/databases.js';
import { eventually } from '../support/eventually.js';

/** Rings are written down, not queued, and Stripe is played: what is left is who takes which event when. */
describe('a stored event', () => {
  let database: Database;
  let ledger: WebhookInboxService;
  let events: StripeEventWork;
  let drop: () => Promise<void>;
  const rings: { eventId: string; attempt: number }[] = [];
  const sync = jest.fn(async (_customer: string) => null);
  let count = 0;

  beforeAll(async () => {
    // It warns of every attempt that fails here on purpose.
    Logger.overrideLogger(false);
    const { url, drop: remove } = await createDatabase();
    drop = remove;
    const settings = { DATABASE_URL: url, DATABASE_POOL_SIZE: 10, DATABASE_PREPARED_STATEMENTS: true };
    database = new Database(settings as Settings);
    const doorbell = {
      ring: async (_job: unknown, payload: { eventId: string; attempt: number }) => {
        rings.push(payload);
        return true;
      },
    } as unknown as Doorbell;
    ledger = new WebhookInboxService(database, doorbell);
    events = new StripeEventWork(database, doorbell, { sync } as unknown as SyncService);
  });
  afterAll(async () => {
    await database.onApplicationShutdown();
    await drop();
  });
  beforeEach(async () => {
    await database.pool.query('DELETE FROM stripe_event');
    rings.length = 0;
    sync.mockClear();
  });

  const recorded = async (): Promise<string> => {
    const id = `evt_${++count}`;
    const event = { id, type: 'invoice.paid', data: { object: { customer: 'cus_1' } } };
    await ledger.record(event as unknown as Stripe.Event, null);
    return id;
  };
  const letPass = (id: string) =>
    database.pool.query('UPDATE stripe_event SET ring_at = now() WHERE id = $1', [id]);
  /** `wait`: which of the usual times it began to wait just now, in seconds. */
  const row = async (id: string) => {
    const { rows } = await database.pool.query(
      `SELECT attempts, processed_at IS NOT NULL AS done, extract(epoch FROM ring_at - now())::float8 AS left
       FROM stripe_event WHERE id = $1`,
      [id],
    );
    const { left, ...rest } = rows[0];
    return { ...rest, wait: [2, 5, 30].find((usual) => left > usual - 2 && left <= usual) };
  };

  it('is rung for where it is stored, and by a relay only when nobody has taken it for a second', async () => {
    const eventId = await recorded();
    expect(await events.rescue()).toBe(0);
    expect(rings).toEqual([{ eventId, attempt: 0 }]);
    await letPass(eventId);
    expect(await events.rescue()).toBe(1);
    expect(rings).toEqual([
      { eventId, attempt: 0 },
      { eventId, attempt: 0 },
    ]);
  });

  it('is rung for by one relay of many, which leave it alone for a while and do not forget it', async () => {
    const eventId = await recorded();
    await letPass(eventId);
    const rung = await Promise.all(Array.from({ length: 8 }, () => events.rescue()));
    expect(rung.reduce((sum, one) => sum + one)).toBe(1);
    expect(await events.rescue()).toBe(0);
    expect(await row(eventId)).toEqual({ attempts: 0, done: false, wait: 5 });
    await letPass(eventId);
    expect(await events.rescue()).toBe(1);
  });

  it('is acted on once, by one of twenty rings, however soon after a relay looked', async () => {
    const eventId = await recorded();
    await letPass(eventId);
    await events.rescue();
    await Promise.all(Array.from({ length: 20 }, () => events.process(eventId, 0)));
    expect(sync).toHaveBeenCalledTimes(1);
    expect(await row(eventId)).toMatchObject({ attempts: 1, done: true });
  });

  it('is taken again when its claim has lapsed, and no sooner', async () => {
    const eventId = await recorded();
    let goOn: () => void = () => undefined;
    sync.mockImplementationOnce(() => new Promise((resolve) => (goOn = () => resolve(null))));
    const stuck = events.process(eventId, 0);
    await eventually('the sync to begin', () => sync.mock.calls.length === 1);
    expect(await row(eventId)).toEqual({ attempts: 1, done: false, wait: 30 });
    expect(await events.rescue()).toBe(0);
    await letPass(eventId);
    await events.process(eventId, 0);
    expect(sync).toHaveBeenCalledTimes(1);
    expect(await events.rescue()).toBe(1);
    expect(rings.at(-1)).toEqual({ eventId, attempt: 1 });
    await events.process(eventId, 1);
    expect(await row(eventId)).toMatchObject({ attempts: 2, done: true });
    goOn();
    await stuck;
  });

  it('whose sync failed comes no earlier than the backoff says, whatever rings', async () => {
    const eventId = await recorded();
    sync.mockRejectedValueOnce(new Error('Stripe is away'));
    await events.process(eventId, 0);
    expect(await row(eventId)).toEqual({ attempts: 1, done: false, wait: 2 });
    await events.process(eventId, 0);
    expect(await events.rescue()).toBe(0);
    expect(sync).toHaveBeenCalledTimes(1);
    await letPass(eventId);
    expect(await events.rescue()).toBe(1);
    expect(rings.at(-1)).toEqual({ eventId, attempt: 1 });
  });
});
