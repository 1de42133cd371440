import { wallTime } from './clock.js';
import { refusals } from './refusal.js';
import type { Store, StoredAnswer } from './store.js';

const keptSeconds = 86_400;

/** Stripe's idempotency: the first request's answer is given again; another request with the key is refused. */
export class Idempotency {
  private readonly running = new Set<string>();

  constructor(private readonly store: Store) {}

  isRunning(key: string): boolean {
    return this.running.has(key);
  }

  /** The stored answer, or null for the caller to carry the request out and then `finish`. */
  begin(key: string, request: string): StoredAnswer | null {
    const stored = this.store.state.answers[key];
    if (stored && stored.at > wallTime() - keptSeconds) {
      if (stored.request !== request) throw refusals.keyReused(key);
      return stored;
    }
    if (this.running.has(key)) throw refusals.keyInUse(key);
    this.running.add(key);
    return null;
  }

  /** Remembers an answer; a request refused before it was carried out leaves the key unused. */
  finish(key: string, answer: Omit<StoredAnswer, 'at'> | null): void {
    this.running.delete(key);
    if (!answer) return;
    this.store.state.answers[key] = { ...answer, at: wallTime() };
    this.forgetOld();
    this.store.touch();
  }

  private forgetOld(): void {
    const { answers } = this.store.state;
    for (const [key, { at }] of Object.entries(answers)) {
      if (at > wallTime() - keptSeconds) return;
      delete answers[key];
    }
  }
}
