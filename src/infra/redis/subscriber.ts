import { once } from 'node:events';
import { Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { connectRedis, type RedisClient } from './connect.js';

/** Milliseconds that Redis may take to confirm a subscription. */
const CONFIRM_WITHIN = 1_000;

/** The process's one connection for subscriptions, whatever the number of channels and of those who listen. */
@Injectable()
export class RedisSubscriber implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(RedisSubscriber.name);
  private readonly client: RedisClient;
  private readonly handlers = new Map<string, (message: string) => void>();
  /** Left while Redis was away: the client would subscribe to them again by itself. */
  private readonly abandoned = new Set<string>();
  private readonly returns: (() => void)[] = [];

  constructor(settings: Settings) {
    this.client = connectRedis(settings, 'subscriber');
    this.client.on('message', (channel: string, message: string) => this.handlers.get(channel)?.(message));
    this.client.on('ready', () => void this.subscribeAgain());
  }

  /** A process that is about to take requests first gives its connection a moment. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.ready) return;
    await within(CONFIRM_WITHIN, once(this.client, 'ready')).catch((error: Error) =>
      this.logger.warn(`starting without Redis: ${error.message}`),
    );
  }

  /** Whether there is a connection, as far as one knows without asking. */
  get ready(): boolean {
    return this.client.status === 'ready';
  }

  /**
   * Hands every message of a channel to `handler`, also after Redis was away. One handler a channel.
   * @throws Error when Redis does not confirm within a second; the handler stays, and hears from Redis once it is back
   */
  async subscribe(channel: string, handler: (message: string) => void): Promise<void> {
    this.handlers.set(channel, handler);
    if (!this.ready) throw new Error('Redis is away');
    await within(CONFIRM_WITHIN, this.client.subscribe(channel));
  }

  unsubscribe(channel: string): void {
    if (!this.handlers.delete(channel)) return;
    this.abandoned.add(channel);
    if (this.ready) void this.leaveAbandoned();
  }

  /** Calls back each time the connection is back and every subscription confirmed: what was published meanwhile was missed. */
  onReturn(callback: () => void): void {
    this.returns.push(callback);
  }

  onApplicationShutdown(): void {
    this.client.disconnect();
  }

  private async leaveAbandoned(): Promise<void> {
    const channels = [...this.abandoned].filter((channel) => !this.handlers.has(channel));
    this.abandoned.clear();
    try {
      if (channels.length > 0) await this.client.unsubscribe(...channels);
    } catch (error) {
      for (const channel of channels) this.abandoned.add(channel);
      this.logger.debug(`${channels.length} channels were not left: ${(error as Error).message}`);
    }
  }

  private async subscribeAgain(): Promise<void> {
    await this.leaveAbandoned();
    try {
      const channels = [...this.handlers.keys()];
      if (channels.length > 0) await this.client.subscribe(...channels);
      for (const callback of this.returns) callback();
    } catch (error) {
      this.logger.debug(`not subscribed again: ${(error as Error).message}`);
    }
  }
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
