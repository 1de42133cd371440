import { z } from 'zod';
import { defineJob } from '../../infra/queue/define-job.js';
import type { Doorbell } from '../../infra/queue/doorbell.js';

/** Deliver one code. The row holds where to, and the code itself, sealed. */
export const otpDeliveryJob = defineJob({
  queue: 'otp-delivery',
  name: 'deliver-otp',
  payload: z.object({ codeId: z.uuid(), attempt: z.number().int().min(0) }),
});

/** Rings for an attempt at delivering a code. @param attempt how many there were before */
export function ringForDelivery(doorbell: Doorbell, codeId: string, attempt: number): Promise<boolean> {
  return doorbell.ring(otpDeliveryJob, { codeId, attempt }, { jobId: `${codeId}-${attempt}` });
}
