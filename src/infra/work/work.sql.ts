import { columnList, type Statement } from '../postgres/database.js';
import type { RetentionRule } from '../postgres/retention.js';
import type { ReadyItem, WorkItem, WorkKind } from './define-work.js';

/** SQL expressions that a new item is composed of; those left out take their column's default. */
interface ItemParts {
  kind: string;
  subject: string;
  requestId?: string;
  group?: string;
  position?: string;
  owner?: string;
  state?: string;
  priority?: string;
  claim?: string;
  /** Milliseconds until the recovery looks for the item. The producer has added its job by then. */
  firstPoll: string;
}

const COLUMNS: Record<Exclude<keyof ItemParts, 'firstPoll'>, string> = {
  kind: 'kind',
  subject: 'subject_id',
  requestId: 'request_id',
  group: 'group_key',
  position: 'position',
  owner: 'owner_id',
  state: 'state',
  priority: 'priority',
  claim: 'claim',
};

/**
 * The body of a CTE that makes a work item in the statement of the effect that needs it; an item that is there stays as it
 * is. An item with an owner is made while the owner's account row is locked, where items of its kind wait or are capped.
 * @param from a CTE or a FROM list: one item for each of its rows
 */
export function enqueueItem({ firstPoll, ...parts }: ItemParts, from: string): string {
  const names = Object.keys(parts) as (keyof typeof COLUMNS)[];
  return `
      INSERT INTO work_item (${names.map((name) => COLUMNS[name]).join(', ')}, next_poll_at)
      SELECT ${names.map((name) => parts[name]).join(', ')}, ${later(firstPoll)} FROM ${from}
      ON CONFLICT (kind, subject_id) DO NOTHING
      RETURNING subject_id AS "subjectId", claim, priority, state`;
}

/** How many items of a kind an owner has: the place of the next one in the fair order. Without the account's lock it may be a few too low. */
export function ownedItems(kind: string, owner: string): string {
  return `(SELECT count(*)::int FROM work_item WHERE kind = ${kind} AND owner_id = ${owner})`;
}

/** The moment so many milliseconds from now. @param milliseconds an SQL expression */
function later(milliseconds: string): string {
  return `clock_timestamp() + make_interval(secs => ${milliseconds} / 1000.0)`;
}

/** The columns of a claim that every run needs. `w` is the item. */
export const ITEM_COLUMNS = columnList(
  {
    kind: 'kind',
    subjectId: 'subject_id',
    claim: 'claim',
    attempts: 'attempts',
    lostClaims: 'lost_claims',
    retryWith: 'retry_with',
    requestId: 'request_id',
  } satisfies Record<keyof WorkItem, string>,
  'w',
);

/**
 * The UPDATE of a claim, to be completed by RETURNING: one row, or none where the item is not ready. Raises the fencing token.
 * `run_at` has served: what it holds when the run ends was scheduled during the run.
 */
export function claimItem(kind: string): string {
  return `
      UPDATE work_item w SET state = 'running', claim = w.claim + 1, worker_id = $2, run_at = '-infinity'
      WHERE w.kind = ${kind} AND w.subject_id = $1 AND w.state = 'ready' AND w.run_at <= clock_timestamp()`;
}

/** $1 subject, $2 worker process, $3 kind. */
export const CLAIM_ITEM: Statement<WorkItem, [subjectId: string, workerId: string, kind: WorkKind]> = {
  name: 'work_claim_item',
  text: `${claimItem('$3')} RETURNING ${ITEM_COLUMNS}`,
};

/** The condition under which a claim still holds its item `w`. */
export function heldBy(subject: string, claim: string): string {
  return `w.subject_id = ${subject} AND w.claim = ${claim} AND w.state = 'running'`;
}

/** The items that a CTE `promoted` of `work_promote` made ready, as JSON of ReadyItem. */
export function promotedJson(): string {
  return `(SELECT coalesce(json_agg(json_build_object('subjectId', id, 'claim', next_claim, 'priority', rank)), '[]')
           FROM promoted)`;
}

/** Deletes an item that is done; one that was scheduled again during its run becomes ready. $1 kind, $2 subject, $3 claim. */
export const FINISH_ITEM: Statement<{ held: number }, [kind: WorkKind, subjectId: string, claim: number]> = {
  name: 'work_finish_item',
  text: `
    WITH scheduled AS (
      UPDATE work_item w SET state = 'ready', worker_id = NULL, attempts = 0, lost_claims = 0, last_error = NULL, next_poll_at = run_at
      WHERE w.kind = $1 AND ${heldBy('$2', '$3')} AND w.run_at > '-infinity' RETURNING 1
    ), done AS (
      DELETE FROM work_item w WHERE w.kind = $1 AND ${heldBy('$2', '$3')} AND w.run_at = '-infinity' RETURNING 1
    )
    SELECT 1 AS held FROM scheduled UNION ALL SELECT 1 FROM done`,
};

/**
 * Gives an item back until a later attempt.
 * $1 kind, $2 subject, $3 claim, $4 milliseconds until then, $5 failed attempts to add, $6 what the next one needs, $7 error,
 * $8 milliseconds after that until the recovery looks, $9 whether this attempt produced something that the owner pays for.
 */
export const RELEASE_ITEM: Statement<
  ReadyItem,
  [
    kind: WorkKind,
    subjectId: string,
    claim: number,
    delay: number,
    failed: number,
    retryWith: string | null,
    error: string | null,
    firstPoll: number,
    produced: boolean,
  ]
> = {
  name: 'work_release_item',
  text: `
    UPDATE work_item w SET state = 'ready', worker_id = NULL, attempts = w.attempts + $5::int, retry_with = $6,
        last_error = $7, produced = w.produced OR $9,
        run_at = ${later('$4::float8')}, next_poll_at = ${later('($4::float8 + $8::float8)')}
    WHERE w.kind = $1 AND ${heldBy('$2', '$3')}
    RETURNING w.subject_id AS "subjectId", w.claim, w.priority`,
};

/**
 * Makes an item ready at a moment, whether or not it exists; one that runs is run again then. $1 kind, $2 subject, $3 moment.
 */
export const SCHEDULE_ITEM: Statement<never, [kind: WorkKind, subjectId: string, at: Date]> = {
  name: 'work_schedule_item',
  text: `
    INSERT INTO work_item AS w (kind, subject_id, run_at, next_poll_at) VALUES ($1, $2, $3::timestamptz, $3::timestamptz)
    ON CONFLICT (kind, subject_id) DO UPDATE SET run_at = excluded.run_at, next_poll_at = excluded.next_poll_at`,
};

/** Removes an item that does not run. $1 kind, $2 subject. */
export const UNSCHEDULE_ITEM: Statement<never, [kind: WorkKind, subjectId: string]> = {
  name: 'work_unschedule_item',
  text: `DELETE FROM work_item WHERE kind = $1 AND subject_id = $2 AND state <> 'running'`,
};

/** Prolongs the lease of a worker process and returns the claims it holds. $1 process, $2 milliseconds. */
export const RENEW_LEASE: Statement<HeldClaim, [workerId: string, milliseconds: number]> = {
  name: 'work_renew_lease',
  text: `
    WITH lease AS (
      INSERT INTO worker_process (id, lease_until) VALUES ($1, ${later('$2::float8')})
      ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until
    )
    SELECT kind, subject_id AS "subjectId", claim FROM work_item WHERE worker_id = $1 AND state = 'running'`,
};

/** A claim that a worker process holds. */
export type HeldClaim = Pick<WorkItem, 'kind' | 'subjectId' | 'claim'>;

/** Ends the lease of a worker process: what it still holds is recovered at once. $1 process. */
export const END_LEASE: Statement<never, [workerId: string]> = {
  name: 'work_end_lease',
  text: 'DELETE FROM worker_process WHERE id = $1',
};

/** An item whose job is to be added again. */
export type RecoveredItem = ReadyItem & Pick<WorkItem, 'kind'>;

/**
 * Makes the items of lost workers ready again, and returns them; a process without a row is lost. $1 limit, $2 milliseconds
 * until the recovery looks at them again.
 */
export const RECOVER_RUNNING: Statement<RecoveredItem, [limit: number, nextLook: number]> = {
  name: 'work_recover_running',
  text: `
    UPDATE work_item w SET state = 'ready', worker_id = NULL, lost_claims = w.lost_claims + 1,
        next_poll_at = ${later('$2::float8')}
    WHERE (w.kind, w.subject_id) IN (
      SELECT i.kind, i.subject_id FROM work_item i LEFT JOIN worker_process p ON p.id = i.worker_id
      WHERE i.state = 'running' AND (p.lease_until IS NULL OR p.lease_until <= clock_timestamp())
      LIMIT $1 FOR UPDATE OF i SKIP LOCKED
    ) AND w.state = 'running'
    RETURNING w.kind, w.subject_id AS "subjectId", w.claim, w.priority`,
};

/** Ready items whose job may be lost, each returned to one process only. $1 limit, $2 milliseconds until the next look. */
export const RECOVER_READY: Statement<RecoveredItem, [limit: number, nextLook: number]> = {
  name: 'work_recover_ready',
  text: `
    UPDATE work_item w SET next_poll_at = ${later('$2::float8')}
    WHERE (w.kind, w.subject_id) IN (
      SELECT kind, subject_id FROM work_item
      WHERE state = 'ready' AND next_poll_at <= clock_timestamp() AND run_at <= clock_timestamp()
      ORDER BY next_poll_at LIMIT $1 FOR UPDATE SKIP LOCKED
    )
    RETURNING w.kind, w.subject_id AS "subjectId", w.claim, w.priority`,
};

/** Rows of worker processes that ended without deleting theirs. */
export const EXPIRED_LEASES: RetentionRule = {
  table: 'worker_process',
  condition: "lease_until < now() - interval '1 day'",
};
