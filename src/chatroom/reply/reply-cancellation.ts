import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { RedisSubscriber } from '../../infra/redis/subscriber.js';
import { WorkLeases } from '../../infra/work/work-leases.js';
import { CANCEL_CHANNEL } from '../reply-channel.js';

/**
 * Hears that a reply was cancelled or deleted, and has its lease checked: the row decides, since by then another run of the
 * reply may have begun. A message that is missed costs until the next heartbeat.
 */
@Injectable()
export class ReplyCancellation implements OnApplicationBootstrap {
  private readonly logger = new Logger(ReplyCancellation.name);

  constructor(
    private readonly subscriber: RedisSubscriber,
    private readonly leases: WorkLeases,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.subscriber
      .subscribe(CANCEL_CHANNEL, (replyId) => void this.leases.check('reply', replyId))
      .catch((error: Error) => this.logger.warn(`cancellations are not heard yet: ${error.message}`));
  }
}
