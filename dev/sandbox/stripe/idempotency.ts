import { wallTime } from './clock.js';
import { apiErrors } from './api-error.js';
import type { Store, StoredResponse } from './store.js';

const retentionSeconds = 86_400;

/** Stripe's idempotency: a repeated request gets the first response; a different request with the same key is an error. */
export class Idempotency {
  private readonly running = new Set<string>();

  constructor(private readonly store: Store) {}

  isRunning(key: string): boolean {
    return this.running.has(key);
  }

  /** Locks the key. @returns the stored response, or null: then the caller executes the request and calls `finish` */
  begin(key: string, request: string): StoredResponse | null {
    const stored = this.store.state.responses[key];
    if (stored && stored.at > wallTime() - retentionSeconds) {
      if (stored.request !== request) throw apiErrors.keyReused(key);
      return stored;
    }
    if (this.running.has(key)) throw apiErrors.keyInUse(key);
    this.running.add(key);
    return null;
  }

  /** Unlocks the key and stores the response; null, for a request rejected before its execution, leaves the key unused. */
  finish(key: string, response: Omit<StoredResponse, 'at'> | null): void {
    this.running.delete(key);
    if (!response) return;
    this.store.state.responses[key] = { ...response, at: wallTime() };
    this.purgeExpired();
    this.store.touch();
  }

  private purgeExpired(): void {
    const { responses } = this.store.state;
    for (const [key, { at }] of Object.entries(responses)) {
      if (at > wallTime() - retentionSeconds) return;
      delete responses[key];
    }
  }
}
