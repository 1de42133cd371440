import { Inject, Injectable, Logger } from '@nestjs/common';
import type { RedisClient } from '../infra/redis/connect.js';
import { REDIS } from '../infra/redis/redis.module.js';
import { CANCEL_CHANNEL, replyChannel, toPublished } from './reply-channel.js';

/** More than any claim: whoever listens looks at the row, whatever it has heard so far. */
const ANY_CLAIM = 999_999_999;

/** Tells whichever worker runs a reply, and whoever listens to it, that it is gone. */
@Injectable()
export class ReplyStopper {
  private readonly logger = new Logger(ReplyStopper.name);

  constructor(@Inject(REDIS) private readonly redis: RedisClient) {}

  /** Best effort, after the row has said so: a worker that does not hear it learns it from the row. */
  stop(replyIds: string[]): void {
    for (const id of replyIds) {
      this.redis
        .pipeline()
        .publish(CANCEL_CHANNEL, id)
        .publish(replyChannel(id), toPublished({ kind: 'end', claim: ANY_CLAIM }))
        .exec()
        .catch((error: Error) => this.logger.debug(`nobody was told that ${id} is gone: ${error.message}`));
    }
  }
}
