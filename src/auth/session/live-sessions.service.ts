import {
  BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  OnApplicationBootstrap,
} from '@nestjs/common';
import type { Principal } from '../../common/auth-context.js';
import { OutageLog } from '../../common/outage-log.js';
import { Timing } from '../../config/timing.js';
import { Database } from '../../infra/postgres/database.js';
import type { RedisClient } from '../../infra/redis/connect.js';
import { REDIS } from '../../infra/redis/redis.module.js';
import { RedisSubscriber } from '../../infra/redis/subscriber.js';
import { FIND_LIVE_SESSIONS } from './session.sql.js';

/** Ids of accounts of which a session has ended. */
const ENDED_CHANNEL = 'session-ended';

/** What outlives the request that the guard accepted: a stream or a wait. */
interface Watch extends Pick<Principal, 'userId' | 'sessionId'> {
  end: () => void;
}

/**
 * Ends the streams and waits of sessions that have ended. Whoever ends a session announces its account over Redis; the rows
 * decide, so that a message may be lost, late or repeated. Beside that every process checks all of its watched sessions with
 * one statement a second: a lost message, Redis being away or an expired session costs that second.
 */
@Injectable()
export class LiveSessionsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(LiveSessionsService.name);
  private readonly outage = new OutageLog(
    this.logger,
    'the sessions of open streams and waits are not checked',
  );
  private readonly watches = new Set<Watch>();
  private timer?: NodeJS.Timeout;
  private checking = false;

  constructor(
    private readonly timing: Timing,
    private readonly database: Database,
    private readonly subscriber: RedisSubscriber,
    @Inject(REDIS) private readonly redis: RedisClient,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.subscriber
      .subscribe(ENDED_CHANNEL, (userId) => void this.check((watch) => watch.userId === userId))
      .catch((error: Error) => this.logger.warn(`ends of sessions are not heard yet: ${error.message}`));
  }

  /**
   * Calls `end` once when the session has ended.
   * @returns what ends the watch
   */
  watch({ userId, sessionId }: Pick<Principal, 'userId' | 'sessionId'>, end: () => void): () => void {
    const watch: Watch = { userId, sessionId, end };
    this.watches.add(watch);
    this.timer ??= setInterval(() => void this.checkAll(), this.timing.stream.sessionCheck);
    return () => this.remove(watch);
  }

  /** Tells every process that sessions of an account have ended: to be called once that is committed. */
  announce(userId: string): void {
    void this.check((watch) => watch.userId === userId);
    this.redis
      .publish(ENDED_CHANNEL, userId)
      .catch((error: Error) => this.logger.debug(`the end of a session was not published: ${error.message}`));
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async checkAll(): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    await this.check(() => true);
    this.checking = false;
  }

  private async check(concerns: (watch: Watch) => boolean): Promise<void> {
    const watches = [...this.watches].filter(concerns);
    if (watches.length === 0) return;
    try {
      const ids = new Set(watches.map(({ sessionId }) => sessionId));
      const rows = await this.database.query(FIND_LIVE_SESSIONS, [[...ids]]);
      const live = new Set(rows.map(({ id }) => id));
      for (const watch of watches) if (!live.has(watch.sessionId) && this.remove(watch)) watch.end();
      this.outage.recovered();
    } catch (error) {
      this.outage.failed(error);
    }
  }

  /** @returns false when it was removed before */
  private remove(watch: Watch): boolean {
    const removed = this.watches.delete(watch);
    if (this.watches.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
    return removed;
  }
}
