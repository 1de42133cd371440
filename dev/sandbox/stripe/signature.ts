import { createHmac } from 'node:crypto';

/** The `Stripe-Signature` header of a body: HMAC-SHA256 of `time.body`, time in unix seconds. */
export function sign(body: string, secret: string, time: number): string {
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`;
}
