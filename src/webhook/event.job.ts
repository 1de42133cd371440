import { z } from 'zod';
import { defineJob } from '../infra/queue/define-job.js';
import type { Doorbell } from '../infra/queue/doorbell.js';

/** One attempt at acting on a stored event. */
export const stripeEventJob = defineJob({
  queue: 'stripe-event',
  name: 'stripe-event',
  payload: z.object({ eventId: z.string(), attempt: z.number().int().min(0) }),
});

/** Rings for an attempt at acting on an event. @param attempt how many there were before */
export function ringForEvent(doorbell: Doorbell, eventId: string, attempt: number): Promise<boolean> {
  return doorbell.ring(stripeEventJob, { eventId, attempt }, { jobId: `${eventId}-${attempt}` });
}
