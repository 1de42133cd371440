import { BeforeApplicationShutdown, Inject, Injectable, OnApplicationBootstrap } from '@nestjs/common';
import { Timing } from '../config/timing.js';
import type { WorkProcessor } from '../infra/work/define-work.js';
import { PeriodicTasks, type PeriodicTask } from '../infra/work/periodic-task.js';
import { WorkRunner } from '../infra/work/work-runner.js';

/** The processors, one for each kind of work. */
export const WORK_PROCESSORS = Symbol('work processors');
/** What every worker does from time to time. */
export const PERIODIC_TASKS = Symbol('periodic tasks');

/** Starts and stops what a worker does: no new work is taken first, then what runs may finish. */
@Injectable()
export class WorkerLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly runner: WorkRunner,
    private readonly periodic: PeriodicTasks,
    private readonly timing: Timing,
    @Inject(WORK_PROCESSORS) private readonly processors: WorkProcessor[],
    @Inject(PERIODIC_TASKS) private readonly tasks: PeriodicTask[],
  ) {}

  onApplicationBootstrap(): void {
    this.runner.start(this.processors);
    for (const task of this.tasks) this.periodic.start(task);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.periodic.stop(), this.runner.stop(this.timing.work.drain)]);
  }
}
