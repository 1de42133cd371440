import { createHmac } from 'node:crypto';
import { OTP_DELIVERY } from '../../config/timing.js';
import { DeliveryError, toText, type Message, type OtpChannel } from './otp-delivery.js';

/** Statuses after which another attempt may succeed. */
const TEMPORARY = new Set([408, 425, 429]);

/**
 * A POST to the operator's own gateway. `X-Signature: t=<unix seconds>,v1=<hex>`, where v1 is HMAC-SHA256 of
 * `<t>.<body>` under `OTP_WEBHOOK_SECRET`; `X-Delivery-Id` is the same for every attempt.
 */
export class WebhookChannel implements OtpChannel {
  constructor(
    private readonly url: string,
    private readonly secret: string,
  ) {}

  async deliver(message: Message): Promise<void> {
    const status = await this.post(message.id, JSON.stringify(toBody(message)));
    if (status >= 200 && status < 300) return;
    const permanent = status >= 300 && status < 500 && !TEMPORARY.has(status);
    throw new DeliveryError(`the webhook answered ${status}`, permanent);
  }

  private async post(id: string, body: string): Promise<number> {
    const time = Math.floor(Date.now() / 1000);
    const signature = createHmac('sha256', this.secret).update(`${time}.${body}`).digest('hex');
    try {
      const response = await fetch(this.url, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'Content-Type': 'application/json',
          'X-Delivery-Id': id,
          'X-Signature': `t=${time},v1=${signature}`,
        },
        body,
        signal: AbortSignal.timeout(OTP_DELIVERY.webhook),
      });
      await response.body?.cancel();
      return response.status;
    } catch (error) {
      throw new DeliveryError(`the webhook cannot be reached: ${reasonOf(error)}`);
    }
  }
}

/** A notice has `notice` and `text` in place of `code`, `purpose` and `expiresInMinutes`. */
function toBody(message: Message) {
  const recipient = { id: message.id, channel: message.kind, to: message.address };
  if ('notice' in message) return { ...recipient, notice: message.notice, text: toText(message) };
  const { otp, purpose, validFor } = message;
  return { ...recipient, code: otp, purpose, expiresInMinutes: validFor };
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
