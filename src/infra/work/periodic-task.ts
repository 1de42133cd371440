import { Injectable, Logger } from '@nestjs/common';
import { OutageLog } from '../../common/outage-log.js';

/** Something every worker does now and then. Several workers may do it at the same time. */
export interface PeriodicTask {
  readonly name: string;
  /** Milliseconds from the end of one run to the next, give or take a fifth. */
  readonly interval: number;
  run(): Promise<void>;
}

/** Runs periodic tasks, one run of each at a time. A run that fails is logged by the outage, and the next comes in its time. */
@Injectable()
export class PeriodicTasks {
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly running = new Set<Promise<void>>();
  private stopped = false;

  /** Runs a task now and from then on. */
  start(task: PeriodicTask): void {
    const outage = new OutageLog(new Logger('PeriodicTask'), `${task.name} fails`);
    const repeat = () => {
      const run = this.runOnce(task, outage).finally(() => {
        this.running.delete(run);
        if (!this.stopped)
          this.timers.set(task.name, setTimeout(repeat, task.interval * (0.8 + 0.4 * Math.random())));
      });
      this.running.add(run);
    };
    repeat();
  }

  /** Starts no further run, and waits for those that are under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    await Promise.all(this.running);
  }

  private async runOnce(task: PeriodicTask, outage: OutageLog): Promise<void> {
    try {
      await task.run();
      outage.recovered();
    } catch (error) {
      outage.failed(error);
    }
  }
}
