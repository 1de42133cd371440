import { Module } from '@nestjs/common';
import { ServerKeys } from '../common/crypto/secrets.js';
import { OtpDeliveryService } from '../infra/otp-delivery/otp-delivery.service.js';
import { OneTimeCodes } from './otp/one-time-code.js';
import { OtpDeliveryWork } from './otp/otp-delivery.work.js';

/** The worker's part: the delivery of codes. */
@Module({
  providers: [ServerKeys, OneTimeCodes, OtpDeliveryService, OtpDeliveryWork],
  exports: [OtpDeliveryWork],
})
export class AuthWorkerModule {}
