/** Asks until the answer is not false, null or undefined, and returns it. Fails with the last error or `what` after `timeout` milliseconds. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  timeout = 15_000,
): Promise<T> {
  const end = Date.now() + timeout;
  let failure: unknown;
  while (Date.now() < end) {
    try {
      const answer = await ask();
      if (answer !== false && answer !== null && answer !== undefined) return answer;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`not within ${timeout} ms: ${what}`, { cause: failure });
}

/** Checks again and again for so many milliseconds: what is so must stay so. */
export async function holds(milliseconds: number, check: () => Promise<void>): Promise<void> {
  const end = Date.now() + milliseconds;
  do {
    await check();
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (Date.now() < end);
}

/**
 * Asks, and requires the answer within the limit, in milliseconds. A product that waits does so every time, a machine
 * that stalls does not: what took too long is asked twice more.
 */
export async function inTime<T>(limit: number, ask: () => Promise<T>): Promise<T> {
  const times: number[] = [];
  while (times.length < 3) {
    const begun = performance.now();
    const answer = await ask();
    const took = Math.round(performance.now() - begun);
    if (took < limit) return answer;
    times.push(took);
  }
  throw new Error(`took ${times.join(', ')} ms, not less than ${limit}`);
}
