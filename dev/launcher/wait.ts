import { setTimeout as pause } from 'node:timers/promises';

/**
 * Polls until the condition holds.
 * @param deadlineMs how long at most; then it resolves to false
 */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  deadlineMs: number,
): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await pause(20);
  }
  return true;
}
