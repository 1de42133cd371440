import { Inject, Injectable, Logger } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';
import { type DependencyCheck, DependencyChecks } from '../common/dependency-checks.js';
import { AppError } from '../common/errors/app-error.js';
import { OutageLog } from '../common/outage-log.js';
import { HEALTH } from '../config/timing.js';
import { DatabaseProbe } from '../infra/postgres/database-probe.js';
import { REDIS } from '../infra/redis/redis.module.js';
import { refusalCode, type RedisClient } from '../infra/redis/connect.js';
import { Drain } from './drain.js';
import { type DependencyDto, type ReadinessDto, toReadiness } from './readiness.dto.js';

/** What outsiders are told of a failed check: its reason may name an address. */
const UNREACHABLE = 'cannot be reached';

/** Whether this process can do its work now. */
@Injectable()
export class ReadinessService {
  private readonly logger = new Logger('Readiness');
  private readonly outages = new Map<string, OutageLog>();

  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly dependencies: DependencyChecks,
    private readonly drain: Drain,
    database: DatabaseProbe,
    @Inject(REDIS) redis: RedisClient,
  ) {
    dependencies.register('postgres', () => database.check(), 'down');
    dependencies.register('redis', () => writeProblem(redis));
  }

  /**
   * Checks every dependency, within a second. Redis is not required: a prompt is accepted and processed later.
   * @throws AppError `service.unavailable` while PostgreSQL is unavailable or the process drains
   */
  async check(): Promise<ReadinessDto> {
    const readiness = toReadiness(
      await Promise.all(this.dependencies.all().map((dependency) => this.stateOf(dependency))),
    );
    if (this.drain.running) throw unready('The process is shutting down.', readiness);
    if (readiness.status === 'error') {
      const unreachable = readiness.dependencies.some(
        ({ status, detail }) => status === 'down' && detail === UNREACHABLE,
      );
      throw unready(`PostgreSQL ${unreachable ? 'is out of reach' : 'cannot be used'}.`, readiness);
    }
    return readiness;
  }

  private async stateOf({ name, check, failing }: DependencyCheck): Promise<DependencyDto> {
    const results = await this.indicators
      .check(name)
      .attempt(async () => ({ problem: (await check()) ?? null }))
      .withTimeout(HEALTH.check)
      .cacheFor(HEALTH.cache);
    const result = results[name] as { status: string; problem?: string | null; message?: string };
    const detail = result.status === 'up' ? (result.problem ?? null) : UNREACHABLE;
    if (detail === null) this.outageOf(name, failing).recovered();
    else this.outageOf(name, failing).failed(result.problem ?? result.message);
    const milliseconds = Number((result as { responseTime?: number }).responseTime ?? 0);
    return { name, status: detail === null ? 'up' : failing, milliseconds, detail };
  }

  private outageOf(name: string, failing: string): OutageLog {
    const outage = this.outages.get(name) ?? new OutageLog(this.logger, `readiness: ${name} is ${failing}`);
    this.outages.set(name, outage);
    return outage;
  }
}

/** By a write: a replica and a user without rights respond to PING too. */
async function writeProblem(redis: RedisClient): Promise<string | void> {
  try {
    await redis.set('health:write', '1', 'PX', 1_000);
  } catch (error) {
    const refusal = refusalCode(error);
    if (refusal === null) throw error;
    return `takes no writes (${refusal})`;
  }
}

function unready(detail: string, { dependencies }: ReadinessDto): AppError {
  const errors = dependencies.map(({ name, status, detail }) => ({
    field: name,
    message: detail ? `${status}: ${detail}` : status,
  }));
  return new AppError('service.unavailable', { detail, errors, retryAfter: 2 });
}
