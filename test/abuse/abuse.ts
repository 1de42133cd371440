import type { Floor, Row } from '../support/figures.js';
import type { Random } from '../support/random.js';
import type { AttackReport, Volley } from './attacker/volley.js';
import type { Setup } from './setup.js';

/** How much of it. */
export interface Plan {
  /** For each of the three turns: idle, under attack, idle. */
  seconds: number;
  random: Random;
}

/** What one person or one address does to everybody. */
export interface Scenario {
  name: string;
  /** The attack, in a few words. */
  about: string;
  /** Makes what the attack needs, before anything is measured. */
  prepare(setup: Setup, plan: Plan): Promise<Attack>;
}

export interface Attack {
  /** What the attacker's process sends, all volleys at once. */
  volleys: Volley[];
  /** What an honest person does while the attack goes on. */
  meanwhile?(): Promise<void>;
  /** What must hold of the attack itself, beside the time that others wait: calls, messages, rows. */
  count(report: AttackReport): Promise<Floor[]> | Floor[];
}

export interface Result {
  name: string;
  about: string;
  /** What others waited, by action; idle and under attack. */
  others: Row[];
  /** What the attack sent and got, and the processor's time that it took. */
  attack: Row;
  floors: Floor[];
}

export const atMost = (what: string, value: number, limit: number): Floor => ({
  kind: 'count',
  what,
  value,
  atMost: limit,
});

export const atLeast = (what: string, value: number, limit: number): Floor => ({
  kind: 'count',
  what,
  value,
  atLeast: limit,
});
