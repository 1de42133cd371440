import { Inject, Injectable, Logger, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult } from '@nestjs/terminus';
import { AppError } from '../common/errors/app-error.js';
import { DatabaseProbe } from '../infra/postgres/database-probe.js';
import type { RedisClient } from '../infra/redis/connect.js';
import { REDIS } from '../infra/redis/redis.module.js';
import { Drain } from './drain.js';
import type { ReadinessDto } from './readiness.dto.js';
import { toReadiness } from './readiness.dto.js';

/** Milliseconds. */
const LIMIT = 950;
/** Milliseconds an answer is good for: many askers at once cost one question. */
const FRESH = 500;

/** Whether this process can do its work now. */
@Injectable()
export class ReadinessService {
  private readonly logger = new Logger('Readiness');
  private logged = 'ok';

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly drain: Drain,
    private readonly database: DatabaseProbe,
    @Inject(REDIS) private readonly redis: RedisClient,
  ) {}

  /**
   * Asks every dependency, within a second. Redis can be done without: a prompt is accepted and answered later.
   * @throws AppError `service.unavailable` while PostgreSQL is out of reach or the process drains
   */
  async check(): Promise<ReadinessDto> {
    const result = await this.askAll();
    this.logChange(result);
    const readiness = toReadiness(result);
    if (this.drain.running) throw unready('The process is shutting down.', readiness);
    if (readiness.status === 'error') throw unready('PostgreSQL is out of reach.', readiness);
    return readiness;
  }

  /** The reasons are for the log: outsiders need no address of ours. */
  private logChange({ status, error, info }: HealthCheckResult): void {
    if (status !== this.logged)
      this.logger.log({ status, dependencies: { ...info, ...error } }, `readiness: ${status}`);
    this.logged = status;
  }

  private askAll(): Promise<HealthCheckResult> {
    return this.health.check([() => this.askDatabase(), () => this.askRedis()]).catch((error: unknown) => {
      if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
      throw error;
    });
  }

  private async askDatabase() {
    return this.indicators
      .check('postgres')
      .attempt(() => this.database.ask())
      .withTimeout(LIMIT)
      .cacheFor(FRESH);
  }

  private async askRedis() {
    const { redis } = await this.indicators
      .check('redis')
      .attempt(async () => void (await this.redis.ping()))
      .withTimeout(LIMIT)
      .cacheFor(FRESH);
    return { redis: redis.status === 'down' ? { ...redis, status: 'degraded' as const } : redis };
  }
}

function unready(detail: string, { dependencies }: ReadinessDto): AppError {
  const errors = dependencies.map(({ name, status, detail }) => ({
    field: name,
    message: detail ? `${status}: ${detail}` : status,
  }));
  return new AppError('service.unavailable', { detail, errors, retryAfter: 2 });
}
