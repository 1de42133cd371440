import { once } from 'node:events';
import { Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { connectRedis, type RedisClient } from './connect.js';

/** Milliseconds that Redis may take to accept the connection or to confirm a subscription. */
const CONFIRM_WITHIN = 1_000;

/** Receives the messages of one channel. */
export type MessageHandler = (message: string) => void;

/**
 * The process's one connection for subscriptions, whatever the number of channels and of their users. It is opened by the
 * first `subscribe` or `onReturn`: a process that needs no channel has no connection.
 */
@Injectable()
export class RedisSubscriber implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(RedisSubscriber.name);
  private readonly handlers = new Map<string, MessageHandler>();
  /** Unsubscribed from while Redis was away: the client would subscribe to these channels again by itself. */
  private readonly abandoned = new Set<string>();
  private readonly returnCallbacks: (() => void)[] = [];
  private client?: RedisClient;
  /** Settles when the first connection is there, or took too long. */
  private opened: Promise<void> = Promise.resolve();

  constructor(private readonly settings: Settings) {}

  /** A process that is about to accept requests first gives its connection up to a second. */
  onApplicationBootstrap(): Promise<void> {
    return this.opened;
  }

  /** Whether there is a connection, as far as is known without a command. */
  get ready(): boolean {
    return this.client?.status === 'ready';
  }

  /**
   * Passes every message of a channel to `handler`, also after Redis was away; messages published meanwhile are lost. A
   * channel has one handler: a second one replaces the first.
   * @throws Error when Redis is away or does not confirm within a second; the handler stays, and gets messages once Redis
   *   is back
   */
  async subscribe(channel: string, handler: MessageHandler): Promise<void> {
    this.handlers.set(channel, handler);
    const client = this.open();
    await this.opened;
    if (this.handlers.get(channel) !== handler) return;
    if (!this.ready) throw new Error('Redis is away');
    await within(CONFIRM_WITHIN, client.subscribe(channel));
  }

  /** Ends the messages of a channel at once; Redis learns it when there is a connection. */
  unsubscribe(channel: string): void {
    if (!this.handlers.delete(channel)) return;
    this.abandoned.add(channel);
    if (this.ready) void this.unsubscribeAbandoned();
  }

  /**
   * Calls back each time the connection is there (again) and every subscription is confirmed: messages published meanwhile
   * were lost.
   */
  onReturn(callback: () => void): void {
    this.returnCallbacks.push(callback);
    this.open();
  }

  /** Connects again, to whatever server the address leads to now. */
  reconnect(): void {
    this.client?.disconnect(true);
  }

  onApplicationShutdown(): void {
    this.client?.disconnect();
  }

  private open(): RedisClient {
    if (this.client) return this.client;
    const client = connectRedis(this.settings, 'subscriber');
    this.client = client;
    client.on('message', (channel: string, message: string) => this.handlers.get(channel)?.(message));
    client.on('ready', () => void this.resubscribe());
    this.opened = within(CONFIRM_WITHIN, once(client, 'ready')).then(
      () => undefined,
      (error: Error) => this.logger.warn(`starting without Redis: ${error.message}`),
    );
    return client;
  }

  private async unsubscribeAbandoned(): Promise<void> {
    const channels = [...this.abandoned].filter((channel) => !this.handlers.has(channel));
    this.abandoned.clear();
    try {
      if (channels.length > 0) await this.client?.unsubscribe(...channels);
    } catch (error) {
      for (const channel of channels) this.abandoned.add(channel);
      this.logger.debug(`${channels.length} channels are still subscribed to: ${(error as Error).message}`);
    }
  }

  private async resubscribe(): Promise<void> {
    await this.unsubscribeAbandoned();
    try {
      const channels = [...this.handlers.keys()];
      if (channels.length > 0) await this.client?.subscribe(...channels);
      for (const callback of this.returnCallbacks) callback();
    } catch (error) {
      this.logger.debug(`not subscribed again: ${(error as Error).message}`);
    }
  }
}

/** @throws Error when `work` takes longer */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
