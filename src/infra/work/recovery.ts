import { Injectable, Logger } from '@nestjs/common';

/** Finds rows that are due and have nobody working on them, and rings for them. @returns how many it rang for */
export interface Rescue {
  readonly name: string;
  rescue(): Promise<number>;
}

const INTERVAL = 1_000;

/** Runs every rescue about once a second, one pass of each at a time: what Redis or a dead process lost is found in PostgreSQL. */
@Injectable()
export class Relay {
  private readonly logger = new Logger(Relay.name);
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private readonly failing = new Set<string>();
  private stopped = false;

  start(rescue: Rescue): void {
    const pass = async () => {
      await this.pass(rescue);
      if (!this.stopped)
        this.timers.set(
          rescue.name,
          setTimeout(() => void pass(), INTERVAL * (0.8 + 0.4 * Math.random())),
        );
    };
    void pass();
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
  }

  private async pass(rescue: Rescue): Promise<void> {
    const { name } = rescue;
    try {
      const rung = await rescue.rescue();
      if (rung > 0) this.logger.log({ rescue: name, rung }, 'rang for work that nobody had taken');
      if (this.failing.delete(name)) this.logger.log({ rescue: name }, 'the rescue works again');
    } catch (error) {
      if (!this.failing.has(name))
        this.logger.warn({ rescue: name, err: error }, 'the rescue failed and goes on trying');
      this.failing.add(name);
    }
  }
}
