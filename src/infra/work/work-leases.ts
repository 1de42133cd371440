import { setMaxListeners } from 'node:events';
import { Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { OutageLog } from '../../common/outage-log.js';
import { Timing } from '../../config/timing.js';
import { Database, type Statement } from '../postgres/database.js';
import { isDatabaseUnavailable } from '../postgres/errors.js';
import type { Lease, StopReason, WorkItem, WorkKind, WorkProcessor } from './define-work.js';
import { CLAIM_ITEM, END_LEASE, RELEASE_ITEM, RENEW_LEASE, type HeldClaim } from './work.sql.js';

class ItemLease<Item extends WorkItem> implements Lease<Item> {
  readonly signal: AbortSignal;
  private readonly controller = new AbortController();

  constructor(
    readonly item: Item,
    private readonly isProcessLeased: () => boolean,
    private readonly stopping: AbortSignal,
  ) {
    this.signal = this.controller.signal;
    stopping.addEventListener('abort', this.onStopping);
    if (stopping.aborted) this.onStopping();
  }

  get held(): boolean {
    return this.isProcessLeased() && !this.signal.aborted;
  }

  get stopReason(): StopReason | null {
    return this.signal.aborted ? (this.signal.reason as StopReason) : null;
  }

  stop(reason: StopReason): void {
    this.controller.abort(reason);
  }

  end(): void {
    this.stopping.removeEventListener('abort', this.onStopping);
  }

  private readonly onStopping = () => this.stop('shutdown');
}

/**
 * The items that this process runs. One row in PostgreSQL holds the lease of the whole process: a heartbeat prolongs it and
 * reads which claims are still this process's, so that a run of any length writes nothing of its own.
 */
@Injectable()
export class WorkLeases implements OnApplicationShutdown {
  private readonly workerId = uuidv7();
  private readonly leases = new Map<string, ItemLease<WorkItem>>();
  /** Claims under way: PostgreSQL may know of them before this process does. */
  private readonly claiming = new Set<string>();
  /** Claims that the last heartbeat found without a lease here. */
  private orphans = new Map<string, number>();
  private readonly shutdown = new AbortController();
  /** Aborted when every run has to end: the process stops. */
  readonly stopping = this.shutdown.signal;
  private readonly logger = new Logger(WorkLeases.name);
  private readonly outage = new OutageLog(this.logger, 'the lease of this worker is not renewed');
  /** By the monotonic clock: until then no other process can take over. */
  private heldUntil = -Infinity;
  private renewal: Promise<void> | null = null;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly database: Database,
    private readonly timing: Timing,
  ) {
    setMaxListeners(0, this.stopping);
  }

  /** Starts the heartbeat. */
  start(): void {
    this.timer ??= setInterval(() => void this.heartbeat(), this.timing.work.heartbeat);
    void this.heartbeat();
  }

  /** Tells every run that the process stops. */
  abort(): void {
    this.shutdown.abort();
  }

  /**
   * Claims an item until `end`.
   * @returns null when it is not ready, or not due
   * @throws AppError `service.unavailable` when PostgreSQL cannot be reached
   */
  async claim<Item extends WorkItem>(
    { kind, claim }: Pick<WorkProcessor<Item>, 'kind' | 'claim'>,
    subjectId: string,
  ): Promise<Lease<Item> | null> {
    if (!this.isLeased()) await this.renew();
    const key = keyOf(kind, subjectId);
    this.claiming.add(key);
    try {
      const { statement, values } = claim ?? { statement: CLAIM_ITEM as Statement<Item>, values: [kind] };
      const [item] = await this.database.query(statement, [subjectId, this.workerId, ...values]);
      return item ? this.hold(key, item) : null;
    } finally {
      this.claiming.delete(key);
    }
  }

  /** Ends a lease, once the item is settled or lost. */
  end(lease: Lease): void {
    const key = keyOf(lease.item.kind, lease.item.subjectId);
    const held = this.leases.get(key);
    if (held !== lease) return;
    held.end();
    this.leases.delete(key);
  }

  /** Looks whether an item that this process may hold is still its own: another process has taken it away. */
  async check(kind: WorkKind, subjectId: string): Promise<void> {
    if (!this.leases.has(keyOf(kind, subjectId))) return;
    // A renewal that is under way may have read the row before it changed.
    await this.renewal?.catch(() => undefined);
    await this.heartbeat();
  }

  /**
   * What is still held is recovered by another worker at once; without PostgreSQL, whose failure `Database` has logged, when
   * the lease is over.
   */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    if (!this.timer) return;
    await this.database.query(END_LEASE, [this.workerId]).catch((error: unknown) => {
      if (!isDatabaseUnavailable(error)) this.logger.error({ err: error }, 'the lease was not ended');
    });
  }

  private readonly isLeased = () => performance.now() < this.heldUntil;

  private hold<Item extends WorkItem>(key: string, item: Item): Lease<Item> {
    // An earlier claim of this process that it has lost and not yet left.
    this.leases.get(key)?.stop('lost');
    const lease = new ItemLease(item, this.isLeased, this.stopping);
    this.leases.set(key, lease);
    return lease;
  }

  private async heartbeat(): Promise<void> {
    try {
      await this.renew();
      this.outage.recovered();
    } catch (error) {
      // While PostgreSQL is away no other process can claim either, and the claim decides in the end.
      this.outage.failed(error);
      if (!isDatabaseUnavailable(error)) throw error;
    }
  }

  private renew(): Promise<void> {
    this.renewal ??= this.renewOnce().finally(() => (this.renewal = null));
    return this.renewal;
  }

  private async renewOnce(): Promise<void> {
    const asked = performance.now();
    const { lease: time } = this.timing.work;
    const before = [...this.leases];
    const rows = await this.database.query(RENEW_LEASE, [this.workerId, time]);
    this.heldUntil = asked + time;
    const held = new Map(rows.map((row) => [keyOf(row.kind, row.subjectId), row]));
    for (const [key, lease] of before) if (held.get(key)?.claim !== lease.item.claim) lease.stop('lost');
    await this.releaseOrphans(held);
  }

  /**
   * Gives back claims that no run of this process knows of: the response of a claim or of a release was lost with its
   * connection. Only what two heartbeats in a row have found, since a claim under way is unknown for a moment.
   */
  private async releaseOrphans(held: Map<string, HeldClaim>): Promise<void> {
    const found = [...held].filter(([key]) => !this.leases.has(key) && !this.claiming.has(key));
    const again = found.filter(([key, { claim }]) => this.orphans.get(key) === claim);
    this.orphans = new Map(found.map(([key, { claim }]) => [key, claim]));
    for (const [, { kind, subjectId, claim }] of again) {
      const error = 'the claim was lost within its process';
      await this.database.query(RELEASE_ITEM, [kind, subjectId, claim, 0, 0, null, error, 0, false]);
    }
  }
}

const keyOf = (kind: WorkKind, subjectId: string) => `${kind}:${subjectId}`;
