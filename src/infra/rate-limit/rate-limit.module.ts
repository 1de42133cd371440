import { Module } from '@nestjs/common';
import { BurstLimits } from './burst-limits.js';
import { ConcurrentRequests } from './concurrent-requests.js';
import { OperatorAccess } from './operator-access.js';
import { RateLimitStorage } from './rate-limit.storage.js';

/** Limits on what one address or one user may request. */
@Module({
  providers: [RateLimitStorage, BurstLimits, ConcurrentRequests, OperatorAccess],
  exports: [RateLimitStorage, BurstLimits, ConcurrentRequests, OperatorAccess],
})
export class RateLimitModule {}
