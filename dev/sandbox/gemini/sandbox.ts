import { FaultSwitch } from './fault-switch.js';
import { Journal } from './journal.js';
import { TurnCounter } from './turn-counter.js';

export interface SandboxOptions {
  /** Between the chunks of a stream, in milliseconds. */
  chunkDelayMs?: number;
  /** Calls kept in the journal. */
  journalSize?: number;
}

/** What the routes of one sandbox share. */
export class Sandbox {
  readonly journal: Journal;
  readonly faults = new FaultSwitch();
  readonly counter = new TurnCounter();
  readonly chunkDelayMs: number;

  constructor({ chunkDelayMs = 20, journalSize }: SandboxOptions = {}) {
    this.chunkDelayMs = chunkDelayMs;
    this.journal = new Journal(journalSize);
  }
}
