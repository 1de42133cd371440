import { Injectable } from '@nestjs/common';
import { ReplyRescue } from '../chatroom/reply/reply.rescue.js';
import { RunningReplies } from '../chatroom/reply/running-replies.js';
import { Settings } from '../config/settings.js';
import { Relay } from '../infra/queue/relay.js';
import { WorkerPool } from '../infra/queue/worker-pool.js';
import { ReplyProcessor } from './reply.processor.js';
import type { Workload } from './workload.js';

@Injectable()
export class ReplyWorkload implements Workload {
  constructor(
    private readonly processor: ReplyProcessor,
    private readonly rescue: ReplyRescue,
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
