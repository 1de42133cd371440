import { holds, type Floor, type Row } from '../support/figures.js';
import type { Random } from '../support/random.js';
import type { Setup } from './setup.js';

/** How much of it. */
export interface Plan {
  /** For each measurement. */
  seconds: number;
  /** Whose cost is counted; what comes only now and then shows in many. */
  requests: number;
  /** Of each of fifty replies. */
  listeners: number;
  /** In the room that is paged through. */
  messages: number;
  random: Random;
}

/** How often each was sent, for one request. */
export type Tally = Record<string, number>;

/** What one request costs others, counted exactly and not timed. */
export interface Cost {
  /** Statements to PostgreSQL, by how they begin. */
  statements: Tally;
  /** Commands to Redis, without those that a script there calls. */
  commands: Tally;
  /** Answers other than 2xx, in all. */
  refused: number;
}

export interface Outcome {
  rows: Row[];
  /** What single requests cost, by request. */
  costs?: Record<string, Cost>;
  floors: Floor[];
}

export interface Bench {
  name: string;
  /** What is measured, and against what. */
  about: string;
  run(setup: Setup, plan: Plan): Promise<Outcome>;
}

export interface Result extends Outcome {
  name: string;
  about: string;
}

export const fallsShort = ({ floors }: Outcome): boolean => !floors.every(holds);

/** Nobody was turned away. */
export const noneRefused = (refused: number): Floor => ({
  kind: 'count',
  what: 'answers other than 2xx',
  value: refused,
  atMost: 0,
});
