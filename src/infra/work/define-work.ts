import type { Statement } from '../postgres/database.js';

/** Every kind of work. Each has one queue of the same name, so that one kind never delays another. */
export const WORK_KINDS = [
  'reply',
  'stripe-event',
  'code-delivery',
  'customer-reconciliation',
  'chatroom-purge',
  'notice',
  'account-purge',
] as const;

export type WorkKind = (typeof WORK_KINDS)[number];

/** A work item that this process holds, as its claim returned it. */
export interface WorkItem {
  kind: WorkKind;
  /** What the work is about: the id of a message, an event, a code, a customer, a room, a notice or an account. */
  subjectId: string;
  /** The fencing token. */
  claim: number;
  /** Runs that failed before this one. */
  attempts: number;
  /** Claims lost with their workers before this one. */
  lostClaims: number;
  /** What the last attempt left for this one. */
  retryWith: string | null;
  /** Of the request that made the work; null where there was none. */
  requestId: string | null;
}

/** Why a run ends early: the item belongs to another claim or is gone, or this process stops. */
export type StopReason = 'lost' | 'shutdown';

/** The claim of one item in this process. */
export interface Lease<Item extends WorkItem = WorkItem> {
  readonly item: Item;
  /** Aborted with a StopReason. */
  readonly signal: AbortSignal;
  /** Whether no other process can hold the item at this instant. A process that was frozen is false here until it has checked. */
  readonly held: boolean;
  readonly stopReason: StopReason | null;
}

/** What a run may use beside its item. */
export interface WorkContext<Item extends WorkItem = WorkItem> {
  readonly lease: Lease<Item>;
  /** Aborted when the process has to stop: store what is there, or give the item back. */
  readonly stopping: AbortSignal;
  /** Stops the queue of this kind, for every worker, for that many milliseconds. */
  pauseQueue(milliseconds: number): Promise<void>;
}

/** What becomes of an item after a run. */
export type WorkResult =
  /** The engine deletes the item; one that was scheduled again during the run stays. */
  | { action: 'done' }
  /** The run has written its result and deleted its item, in one statement of its own. */
  | { action: 'settled' }
  /** The item becomes ready again. */
  | {
      action: 'retry';
      /** Milliseconds. */
      delay: number;
      /** Whether this run counts as a failed attempt; a run that the shutdown ended does not. */
      failed: boolean;
      retryWith?: string | null;
      error?: string;
      /** Whether this run produced something that the owner pays for, also if every later one fails. */
      produced?: boolean;
    };

export const DONE: WorkResult = { action: 'done' };
export const SETTLED: WorkResult = { action: 'settled' };

/** The result of a run that failed with `error`: another attempt after `delay` milliseconds. */
export function failedAttempt(error: unknown, delay: number, retryWith: string | null = null): WorkResult {
  return {
    action: 'retry',
    delay,
    failed: true,
    retryWith,
    error: error instanceof Error ? error.message : String(error),
  };
}

/**
 * How one kind of work is done. The effect of `run` must be harmless when it happens twice: an item is run at least once,
 * and only what names its claim is fenced.
 */
export interface WorkProcessor<Item extends WorkItem = WorkItem> {
  readonly kind: WorkKind;
  /** Runs at a time in one process. */
  readonly concurrency: number;
  /** Runs a minute over all processes, at even distances; undefined: no limit. */
  readonly maxPerMinute?: number;
  /** Claims an item and returns what its run needs; undefined: the engine's own statement. $1 subject, $2 worker, then `values`. */
  readonly claim?: { statement: Statement<Item>; values: unknown[] };
  /** Does one attempt. What it throws is logged, and `afterError` decides. */
  run(context: WorkContext<Item>): Promise<WorkResult>;
  /** What becomes of the item after a run that threw; an outage of PostgreSQL and the loss of the claim are not asked about. */
  afterError(item: Item, error: unknown): WorkResult;
}

/** An item that became ready: what its job names. */
export interface ReadyItem {
  subjectId: string;
  /** The claim before the next one. */
  claim: number;
  /** From 1, the most urgent. */
  priority: number;
}

/** Milliseconds before the next attempt: a second, doubled for each of `attempts`, at most `max`. */
export function exponentialDelay(attempts: number, max: number): number {
  return Math.min(max, 1_000 * 2 ** Math.min(attempts, 20));
}
