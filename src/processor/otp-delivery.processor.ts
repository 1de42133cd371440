import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { otpDeliveryJob } from '../auth/otp/otp-delivery.work.js';
import { OtpDeliveryWork } from '../auth/otp/otp-delivery.work.js';
import type { JobProcessor } from '../infra/work/define-work.js';

type Payload = z.infer<typeof otpDeliveryJob.payload>;

@Injectable()
export class OtpDeliveryProcessor implements JobProcessor<Payload> {
  readonly job = otpDeliveryJob;

  constructor(private readonly dispatches: OtpDeliveryWork) {}

  process({ codeId, attempt }: Payload): Promise<void> {
    return this.dispatches.dispatch(codeId, attempt);
  }
}
