import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { JobProcessor } from '../infra/work/define-work.js';
import { stripeEventJob } from '../webhook/stripe-event.work.js';
import { StripeEventWork } from '../webhook/stripe-event.work.js';

type Payload = z.infer<typeof stripeEventJob.payload>;

@Injectable()
export class StripeEventProcessor implements JobProcessor<Payload> {
  readonly job = stripeEventJob;

  constructor(private readonly events: StripeEventWork) {}

  process({ eventId, attempt }: Payload): Promise<void> {
    return this.events.process(eventId, attempt);
  }
}
