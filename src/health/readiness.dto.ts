export class LivenessDto {
  /** @example ok */
  status!: 'ok';
}

export class DependencyDto {
  /** @example postgres */
  name!: string;
  /**
   * `degraded`: unavailable, and the process works without it.
   * @example up
   */
  status!: 'up' | 'degraded' | 'down';
  /**
   * How long the check took, in milliseconds.
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

/** The state of the process, from that of its dependencies. */
export function toReadiness(dependencies: DependencyDto[]): ReadinessDto {
  const some = (status: DependencyDto['status']) => dependencies.some((one) => one.status === status);
  return { status: some('down') ? 'error' : some('degraded') ? 'degraded' : 'ok', dependencies };
}
