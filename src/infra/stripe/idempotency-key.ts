import { createHash } from 'node:crypto';

/**
 * A key for what is asked of Stripe and the decision behind it, never for a moment: whoever decides the same asks
 * with the same key, and other parameters never meet a key that was used.
 */
export function idempotencyKey(kind: string, params: object, decision: string): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([params, decision]))
    .digest('base64url');
  return `${kind}-${hash}`;
}
