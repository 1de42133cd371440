import { Module } from '@nestjs/common';
import { ServerKeys } from '../common/crypto/secrets.js';
import { OtpDeliveryService } from '../infra/otp-delivery/otp-delivery.service.js';
import { AccountRetention } from './account-retention.js';
import { OneTimeCodes } from './otp/one-time-code.js';
import { OtpDeliveryWork } from './otp/otp-delivery.work.js';

/** The worker's part: delivering codes, and sweeping what is over. */
@Module({
  providers: [ServerKeys, OneTimeCodes, OtpDeliveryService, OtpDeliveryWork, AccountRetention],
  exports: [OtpDeliveryWork, AccountRetention],
})
export class AuthWorkerModule {}
