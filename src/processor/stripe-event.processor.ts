import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { JobProcessor } from '../infra/queue/job-processor.js';
import { stripeEventJob } from '../webhook/event.job.js';
import { EventService } from '../webhook/event.service.js';

type Payload = z.infer<typeof stripeEventJob.payload>;

@Injectable()
export class StripeEventProcessor implements JobProcessor<Payload> {
  readonly job = stripeEventJob;

  constructor(private readonly events: EventService) {}

  process({ eventId, attempt }: Payload): Promise<void> {
    return this.events.process(eventId, attempt);
  }
}
