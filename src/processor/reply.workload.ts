import { Injectable } from '@nestjs/common';
import { ReplyRecovery } from '../chatroom/reply/reply.recovery.js';
import { RunningReplies } from '../chatroom/reply/running-replies.js';
import { Settings } from '../config/settings.js';
import { Relay } from '../infra/work/recovery.js';
import { WorkerPool } from '../infra/work/work-runner.js';
import { ReplyProcessor } from './reply.processor.js';
import type { Workload } from './workload.js';

@Injectable()
export class ReplyWorkload implements Workload {
  constructor(
    private readonly processor: ReplyProcessor,
    private readonly rescue: ReplyRecovery,
    private readonly running: RunningReplies,
    private readonly settings: Settings,
  ) {}

  start(pool: WorkerPool, relay: Relay): void {
    const { WORKER_CONCURRENCY, GEMINI_MAX_RPM } = this.settings;
    this.running.listen();
    pool.start(this.processor, { concurrency: WORKER_CONCURRENCY, maxPerMinute: GEMINI_MAX_RPM });
    relay.start(this.rescue);
  }
}
