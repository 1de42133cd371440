import { Module } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { Settings } from '../../config/settings.js';
import { RateLimitStorage } from './rate-limit.storage.js';

/** The names of the limits. */
export type RateLimitName = 'ip' | 'user' | 'billing';

const MINUTE = 60_000;

@Module({ providers: [RateLimitStorage], exports: [RateLimitStorage] })
class RateLimitStorageModule {}

/** The burst limits of the settings, for the guards that apply them. */
@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      imports: [RateLimitStorageModule],
      inject: [Settings, RateLimitStorage],
      useFactory: (settings: Settings, storage: RateLimitStorage) => ({
        storage,
        throttlers: [
          { name: 'ip' satisfies RateLimitName, ttl: MINUTE, limit: settings.AUTH_RATE_LIMIT_PER_MINUTE },
          { name: 'user' satisfies RateLimitName, ttl: MINUTE, limit: settings.RATE_LIMIT_PER_MINUTE },
          {
            name: 'billing' satisfies RateLimitName,
            ttl: MINUTE,
            limit: settings.BILLING_RATE_LIMIT_PER_MINUTE,
          },
        ],
      }),
    }),
  ],
  exports: [ThrottlerModule],
})
export class RateLimitModule {}
