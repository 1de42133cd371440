import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether both are the same text, in a time that tells nothing about where they differ or how long the secret is. */
export function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}
