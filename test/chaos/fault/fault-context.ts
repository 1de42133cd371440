import { setTimeout as pass } from 'node:timers/promises';
import type { Slot } from '../../support/slot.js';
import type { Environment } from '../../support/environment.js';
import type { Disturbances } from '../disturbances.js';
import type { Random } from '../../support/random.js';

/** Milliseconds a new process may need to be ready, on a busy machine. */
const START_WITHIN = 45_000;

/** What a fault may break, and where it reports what it did. */
export class FaultContext {
  /** SIGKILLs, of any process of the product, PostgreSQL and Redis. */
  kills = 0;
  /** What happened, for the log. */
  readonly notes: string[] = [];
  /** Work that outlasts the round's users: processes that are started again, or are still frozen. */
  private readonly aftermath: Promise<void>[] = [];
  readonly violations: string[] = [];

  constructor(
    readonly environment: Environment,
    readonly disturbances: Disturbances,
    readonly random: Random,
    /** Of the round's users. */
    readonly rooms: string[] = [],
  ) {}

  note(what: string): void {
    this.notes.push(what);
  }

  /** SIGKILL, and another process in its place. */
  async kill(slot: Slot): Promise<void> {
    const over = this.disturbances.begin(slot.name);
    await slot.signal('SIGKILL');
    this.kills += 1;
    this.note(`killed ${slot.name}`);
    this.revive(slot, over);
  }

  /** Starts a process where one died. */
  revive(slot: Slot, over: () => void): void {
    this.aftermath.push(this.start(slot).finally(over));
  }

  /** Lets the rest of the fault happen while other rounds go on. */
  later(work: Promise<void>): void {
    this.aftermath.push(work);
  }

  /** Resolves when everything is back. */
  async over(): Promise<void> {
    for (const work of this.aftermath) await work;
  }

  private async start(slot: Slot): Promise<void> {
    const end = Date.now() + START_WITHIN;
    for (;;) {
      try {
        await slot.start();
        return;
      } catch (error) {
        if (Date.now() > end) {
          this.violations.push(`${slot.name} does not start: ${(error as Error).message}`);
          return;
        }
        await pass(500);
      }
    }
  }
}

/** Polls; @returns whether it came true in time. Errors count as "not yet". */
export async function comesTrue(ask: () => boolean | Promise<boolean>, within: number): Promise<boolean> {
  const end = Date.now() + within;
  while (Date.now() < end) {
    const holds = await Promise.resolve(ask()).catch(() => false);
    if (holds) return true;
    await pass(25);
  }
  return false;
}
