import { Module } from '@nestjs/common';
import { ServerKeys } from '../common/server-keys.js';
import { OtpDeliveryService } from '../infra/otp-delivery/otp-delivery.service.js';
import { AccountSweep } from './account-sweep.js';
import { OneTimeCodes } from './otp/one-time-code.js';
import { OtpDispatchService } from './otp/otp-dispatch.service.js';

/** The worker's part: delivering codes, and sweeping what is over. */
@Module({
  providers: [ServerKeys, OneTimeCodes, OtpDeliveryService, OtpDispatchService, AccountSweep],
  exports: [OtpDispatchService, AccountSweep],
})
export class AuthWorkerModule {}
