import { setTimeout as pass } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import type { Slot } from '../support/slot.js';
import type { Environment } from '../support/environment.js';
import { audit } from './audit/audit.js';
import { collect } from './audit/collect.js';
import type { Disturbances } from './disturbances.js';
import { chooseFaults, type Fault } from './fault/catalogue.js';
import { comesTrue, FaultContext } from './fault/fault-context.js';
import { isDone, isUnknown, Journal } from './journal.js';
import { Person, type Habit } from './person.js';
import { KINDS, SLOW_KINDS } from './prompt.js';
import type { Random } from '../support/random.js';

/** Milliseconds of nothing being broken, by this round or another, within which everything accepted has to be final. */
const FINAL_WITHIN = 60_000;
/** Milliseconds after which a environment that never comes to rest, of processes that crash by themselves, is judged as it is. */
const NEVER_QUIET_FOR = 300_000;
/** Milliseconds that its users act. */
const DRIVE = 1_200;

export const LIMITS = { basic: 5, pro: 12 };

export interface RoundResult {
  round: number;
  faults: string[];
  notes: string[];
  kills: number;
  requests: { ok: number; refused: number; unknown: number };
  replies: number;
  /** Milliseconds from the round's last repair until every reply was final; others may have broken things meanwhile. */
  settledAfter: number;
  violations: string[];
}

/** Users of its own who chat while something breaks, and the audit of what they got. */
export class Round {
  private readonly journal = new Journal();
  private readonly people: Person[] = [];
  private readonly context: FaultContext;
  private faults: Fault[] = [];

  constructor(
    private readonly number: number,
    private readonly environment: Environment,
    private readonly disturbances: Disturbances,
    private readonly random: Random,
    private readonly lag: { worst: number },
  ) {
    this.context = new FaultContext(environment, disturbances, random.fork());
  }

  /** A process ended by itself: a failpoint was armed there, or it crashed, which must not be. Another takes its place. */
  died(slot: Slot, how: string, output: string): void {
    if (how === 'SIGKILL') this.context.kills += 1;
    else this.context.violations.push(`${slot.name} ended by itself with ${how}: ${output}`);
    this.context.revive(slot, this.disturbances.begin(slot.name));
  }

  /** The users and the faults. Resolves when the next round may begin: what is still to come back comes back meanwhile. */
  async act(): Promise<void> {
    this.faults = chooseFaults(this.random);
    await this.admit('burst', false);
    await this.admit('chat', false);
    await this.admit('chat', true);
    this.context.rooms.push(...this.people.flatMap((person) => person.rooms));
    const strikes = this.faults.map(async (fault) => {
      await pass(this.random.between(50, 900));
      await fault.strike(this.context);
    });
    await Promise.all([...this.people.map((person) => person.live(DRIVE)), ...strikes]);
    const awake = (slots: Environment['processes']) => slots.some((slot) => slot.running && !slot.frozen);
    await comesTrue(() => awake(this.environment.apis) && awake(this.environment.workers), FINAL_WITHIN);
  }

  /** Waits until everything is whole and every reply final, then looks for what must not be. */
  async judge(): Promise<RoundResult> {
    await this.context.over();
    const repairedAt = Date.now();
    const overdue = () =>
      this.disturbances.quietFor > FINAL_WITHIN || Date.now() - repairedAt > NEVER_QUIET_FOR;
    const lapse = setInterval(() => this.lapseDeadKeys(), 1_000);
    await Promise.all(this.people.map((person) => person.settle(overdue)));
    clearInterval(lapse);
    await comesTrue(() => overdue() || this.allFinal(), Infinity);
    const settledAfter = Date.now() - repairedAt;
    return { ...(await this.result()), settledAfter };
  }

  private async result(): Promise<Omit<RoundResult, 'settledAfter'>> {
    const { entries } = this.journal;
    const { environment, people, disturbances } = this;
    const found = { environment, people, entries, disturbances, lag: this.lag.worst };
    let violations: string[] = [];
    let replies = 0;
    const read = async () => {
      const evidence = await collect(found);
      violations = audit(evidence);
      replies = evidence.rows.filter(({ role }) => role === 'model').length;
      return true;
    };
    if (!(await comesTrue(read, FINAL_WITHIN))) violations = ['the audit could not read the database'];
    return {
      round: this.number,
      faults: this.faults.map(({ name }) => name),
      notes: this.context.notes,
      kills: this.context.kills,
      requests: {
        ok: entries.filter(isDone).length,
        refused: entries.filter((entry) => !isDone(entry) && !isUnknown(entry)).length,
        unknown: entries.filter(isUnknown).length,
      },
      replies,
      violations: [...this.context.violations, ...violations],
    };
  }

  private async admit(habit: Habit, pro: boolean): Promise<void> {
    const { db } = this.environment;
    const user = await this.environment.user({ pro });
    const rooms = Array.from({ length: this.random.between(2, 3) }, () => randomUUID());
    await db.query(
      `INSERT INTO chatroom (id, user_id, title, title_is_default) SELECT id, $1, 'Room', false FROM unnest($2::uuid[]) AS id`,
      [user.id, rooms],
    );
    const name = `r${this.number}-${this.people.length}`;
    const limit = pro ? LIMITS.pro : LIMITS.basic;
    const kinds = this.faults.some(({ slowReplies }) => slowReplies) ? SLOW_KINDS : KINDS;
    const { environment, journal } = this;
    const profile = { name, habit, limit, rooms, kinds };
    this.people.push(new Person(user, profile, environment, journal, this.random.fork()));
  }

  private async allFinal(): Promise<boolean> {
    const { rowCount } = await this.environment.db.query(
      `SELECT 1 FROM message m JOIN chatroom c ON c.id = m.chatroom_id
       WHERE c.user_id = ANY ($1) AND m.status IN ('queued', 'in_progress') LIMIT 1`,
      [this.people.map(({ user }) => user.id)],
    );
    return rowCount === 0;
  }

  /** A key held by a process that died lapses after a minute: the minute is let pass at once, for claims too old to be alive. */
  private lapseDeadKeys(): void {
    void this.environment.db
      .query(
        `UPDATE idempotency_key SET expires_at = now()
         WHERE user_id = ANY ($1) AND status IS NULL AND created_at < now() - interval '8 seconds'`,
        [this.people.map(({ user }) => user.id)],
      )
      .catch(() => undefined);
  }
}
