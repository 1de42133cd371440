import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { otpDeliveryJob } from '../auth/otp/otp-delivery.job.js';
import { OtpDispatchService } from '../auth/otp/otp-dispatch.service.js';
import type { JobProcessor } from '../infra/queue/job-processor.js';

type Payload = z.infer<typeof otpDeliveryJob.payload>;

@Injectable()
export class OtpDeliveryProcessor implements JobProcessor<Payload> {
  readonly job = otpDeliveryJob;

  constructor(private readonly dispatches: OtpDispatchService) {}

  process({ codeId, attempt }: Payload): Promise<void> {
    return this.dispatches.dispatch(codeId, attempt);
  }
}
