import { GlobalFaults } from './global-faults.js';
import { Journal } from './journal.js';
import { UseCounter } from './use-counter.js';

export interface SandboxOptions {
  /** Between the chunks of a stream, in milliseconds. */
  chunkDelayMs?: number;
  /** Calls kept in the journal. */
  journalSize?: number;
}

/** What the routes of one sandbox share. */
export class Sandbox {
  readonly journal: Journal;
  readonly faults = new GlobalFaults();
  readonly counter = new UseCounter();
  readonly chunkDelayMs: number;

  constructor({ chunkDelayMs = 20, journalSize }: SandboxOptions = {}) {
    this.chunkDelayMs = chunkDelayMs;
    this.journal = new Journal(journalSize);
  }
}
