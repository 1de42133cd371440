import type { HealthCheckResult } from '@nestjs/terminus';

export class LivenessDto {
  /** @example ok */
  status!: 'ok';
}

export class DependencyDto {
  /** @example postgres */
  name!: string;
  /**
   * `degraded`: out of reach, and the process works on without it.
   * @example up
   */
  status!: 'up' | 'degraded' | 'down';
  /**
   * How long the question took, in milliseconds.
   * @example 2
   */
  milliseconds!: number;
  /**
   * What was wrong; null when nothing was.
   * @example null
   */
  detail!: string | null;
}

export class ReadinessDto {
  /** @example ok */
  status!: 'ok' | 'degraded' | 'error';
  dependencies!: DependencyDto[];
}

export function toReadiness({ details }: HealthCheckResult): ReadinessDto {
  const answers = Object.entries(details).sort(([a], [b]) => (a < b ? -1 : 1));
  const dependencies = answers.map(([name, answer]) => ({
    name,
    status: answer.status,
    milliseconds: Number(answer.responseTime ?? 0),
    detail: answer.status === 'up' ? null : 'cannot be reached',
  }));
  const some = (status: string) => dependencies.some((dependency) => dependency.status === status);
  return { status: some('down') ? 'error' : some('degraded') ? 'degraded' : 'ok', dependencies };
}
