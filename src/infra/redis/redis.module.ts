import { Global, Inject, Injectable, Module, OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { connectRedis, LEFT_SERVER, type RedisClient } from './connect.js';
import { RedisSubscriber } from './subscriber.js';

/** The process's connection for commands: it fails fast and never queues while Redis is away. */
export const REDIS = Symbol('redis');

@Injectable()
class RedisConnections implements OnApplicationShutdown {
  constructor(
    @Inject(REDIS) private readonly redis: RedisClient,
    subscriber: RedisSubscriber,
  ) {
    // Nothing is refused to a subscription, but a server that refuses commands may no longer get what is published.
    redis.on(LEFT_SERVER, () => subscriber.reconnect());
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }
}

/** The two connections that a feature may use: `REDIS` for commands, `RedisSubscriber` for channels. */
@Global()
@Module({
  providers: [
    {
      provide: REDIS,
      inject: [Settings],
      useFactory: (settings: Settings) => connectRedis(settings, 'command'),
    },
    RedisConnections,
    RedisSubscriber,
  ],
  exports: [REDIS, RedisSubscriber],
})
export class RedisModule {}
