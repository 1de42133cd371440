import { Module } from '@nestjs/common';
import { ServerKeys } from '../common/crypto/secrets.js';
import { OtpDeliveryService } from '../infra/otp-delivery/otp-delivery.service.js';
import { NoticeWork } from './notice/notice.work.js';
import { OneTimeCodes } from './otp/one-time-code.js';
import { OtpDeliveryWork } from './otp/otp-delivery.work.js';

/** The worker's part: the delivery of codes and notices. */
@Module({
  providers: [ServerKeys, OneTimeCodes, OtpDeliveryService, OtpDeliveryWork, NoticeWork],
  exports: [OtpDeliveryWork, NoticeWork],
})
export class AuthWorkerModule {}
