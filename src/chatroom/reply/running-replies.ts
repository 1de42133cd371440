import { Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { connectRedis, type RedisClient } from '../../infra/redis/connect.js';
import { CANCEL_CHANNEL } from '../reply-channel.js';
import { Lease } from './lease.js';
import { ReplyStore } from './reply.store.js';

/** The replies this process works on; a cancellation told to any process reaches the one that runs it. */
@Injectable()
export class RunningReplies implements OnApplicationShutdown {
  private readonly logger = new Logger(RunningReplies.name);
  private readonly leases = new Map<string, Lease>();
  private subscriber?: RedisClient;

  constructor(
    private readonly settings: Settings,
    private readonly store: ReplyStore,
  ) {}

  /** Starts to listen. A cancellation that is missed is seen at the lease's next renewal. */
  listen(): void {
    this.subscriber = connectRedis(this.settings, 'subscriber');
    // The row decides: by the time this is heard, another run of the reply may have begun.
    this.subscriber.on('message', (_channel: string, replyId: string) => {
      void this.leases.get(replyId)?.check();
    });
    this.subscriber
      .subscribe(CANCEL_CHANNEL)
      .catch((error: Error) => this.logger.warn(`cancellations are not heard: ${error.message}`));
  }

  /** Claims a reply until it is left. `process` ends when this process stops. @returns null when it is not claimable now */
  async claim(replyId: string, process: AbortSignal): Promise<Lease | null> {
    const asked = performance.now();
    const work = await this.store.claim(replyId);
    if (!work) return null;
    const lease = new Lease(this.store, work, asked, process);
    this.leases.set(replyId, lease);
    return lease;
  }

  leave(lease: Lease): void {
    const { id } = lease.work;
    lease.release();
    if (this.leases.get(id) === lease) this.leases.delete(id);
  }

  onApplicationShutdown(): void {
    this.subscriber?.disconnect();
  }
}
