import { Injectable, Logger } from '@nestjs/common';
import { DependencyChecks } from '../../common/dependency-checks.js';
import { OutageLog, reasonOf } from '../../common/outage-log.js';
import { Settings } from '../../config/settings.js';
import { Timing } from '../../config/timing.js';
import { connectRedis, refusalCode, type RedisClient } from '../redis/connect.js';
import { QueueConsumer, type JobHandler } from './queue-consumer.js';

/** The consumers of all queues: started, watched and stopped together. */
@Injectable()
export class QueueConsumers {
  private readonly logger = new Logger(QueueConsumers.name);
  /** At error level: while it lasts no new work is done, and the reason may be one that only an operator can remove. */
  private readonly outage = new OutageLog(
    { warn: (line) => this.logger.error(line), log: (line) => this.logger.log(line) },
    'jobs are not taken from Redis',
  );
  private consumers: QueueConsumer[] = [];
  private connection?: RedisClient;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly settings: Settings,
    private readonly timing: Timing,
    private readonly dependencies: DependencyChecks,
  ) {}

  /** Starts to take jobs. @param handlers one for each queue */
  start(handlers: readonly JobHandler[]): void {
    const connection = connectRedis(this.settings, 'worker');
    this.connection = connection;
    this.consumers = handlers.map(
      (handler) =>
        new QueueConsumer(handler, connection, this.timing, (error) => this.failed(handler.kind, error)),
    );
    this.timer = setInterval(() => this.check(), this.timing.redis.overdueCheck);
    this.dependencies.register('queue', async () => this.publicProblem());
  }

  /**
   * Takes no further jobs and waits for those under way.
   * @param deadline milliseconds after which it returns whatever is under way; a connection that does not close is given
   * only as long as work is to be given back
   */
  async stop(deadline: number): Promise<void> {
    clearInterval(this.timer);
    const closed = Promise.all(this.consumers.map((consumer) => consumer.close()));
    const handled = Promise.all(this.consumers.map((consumer) => consumer.handled()));
    await atMost(
      deadline,
      handled.then(() => atMost(this.timing.stop.giveBack, closed)),
    );
    this.connection?.disconnect();
  }

  private failed(kind: string, error: Error): void {
    this.outage.failed(`${kind}: ${reasonOf(error)}`);
  }

  /** Notices commands that do not end, for which nothing fails, and the end of an outage. */
  private check(): void {
    for (const { kind, overdue } of this.consumers) if (overdue) this.failed(kind, overdue);
    if (this.consumers.every(({ problem }) => problem === null)) this.outage.recovered();
  }

  private async publicProblem(): Promise<string | void> {
    const problems = this.consumers.flatMap(({ kind, problem }) =>
      problem ? [`${kind} (${refusalCode(problem) ?? 'no response'})`] : [],
    );
    if (problems.length > 0) return `no jobs are taken: ${problems.join(', ')}`;
  }
}

/** Waits for something, but no longer than so many milliseconds. */
async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
