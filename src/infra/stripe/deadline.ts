import { AsyncLocalStorage } from 'node:async_hooks';
import { unavailable } from './stripe-error.js';

/** Milliseconds a request may spend on Stripe: what is left of the 10 s it may take is for everything else. */
export const REQUEST_BUDGET = 9_000;

const deadlines = new AsyncLocalStorage<number>();

/**
 * Gives all calls to Stripe made inside `work` together at most `milliseconds`: none begins later, no retry either.
 * @throws AppError `stripe.unavailable` when the time is over
 */
export async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable(new Error('no time left'))), milliseconds);
  });
  try {
    return await Promise.race([deadlines.run(Date.now() + milliseconds, work), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds left for the next call; `usual` where no deadline was set. */
export function timeLeft(usual: number): number {
  const deadline = deadlines.getStore();
  return deadline === undefined ? usual : Math.min(usual, deadline - Date.now());
}
