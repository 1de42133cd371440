import {
  BeforeApplicationShutdown,
  Inject,
  Injectable,
  Module,
  OnApplicationBootstrap,
} from '@nestjs/common';
import { AuthWorkerModule } from '../auth/auth.worker.module.js';
import { OtpDeliveryWork } from '../auth/otp/otp-delivery.work.js';
import { ChatroomWorkerModule } from '../chatroom/chatroom.worker.module.js';
import { ReplyWork } from '../chatroom/reply/reply.work.js';
import { ChatroomPurgeWork } from '../chatroom/room/chatroom-purge.work.js';
import { Database } from '../infra/postgres/database.js';
import { Retention } from '../infra/postgres/retention.js';
import type { WorkProcessor } from '../infra/work/define-work.js';
import { PeriodicTasks } from '../infra/work/periodic-task.js';
import { Recovery } from '../infra/work/recovery.js';
import { WorkRunner } from '../infra/work/work-runner.js';
import { WorkRunnerModule } from '../infra/work/work.module.js';
import { ReconciliationWork } from '../subscription/reconciliation.work.js';
import { SubscriptionWorkerModule } from '../subscription/subscription.worker.module.js';
import { StripeEventWork } from '../webhook/stripe-event.work.js';
import { WebhookWorkerModule } from '../webhook/webhook.worker.module.js';
import { RETENTION_RULES } from './retention-rules.js';

/** Every kind of work, each with its one processor. A new kind: its name in WORK_KINDS, its processor, its place in this list. */
const PROCESSORS = [ReplyWork, StripeEventWork, OtpDeliveryWork, ReconciliationWork, ChatroomPurgeWork];

/** Milliseconds that running work may take to finish by itself when the process is told to stop. */
const DRAIN = 25_000;

/** The processors, in the order of PROCESSORS. */
const WORK_PROCESSORS = Symbol('work processors');

/** What a worker does, started together and stopped together: first no new work, then what runs. */
@Injectable()
class WorkerLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    private readonly runner: WorkRunner,
    private readonly tasks: PeriodicTasks,
    private readonly recovery: Recovery,
    private readonly database: Database,
    @Inject(WORK_PROCESSORS) private readonly processors: WorkProcessor[],
  ) {}

  onApplicationBootstrap(): void {
    this.runner.start(this.processors);
    this.tasks.start(this.recovery);
    this.tasks.start(new Retention(this.database, RETENTION_RULES));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.tasks.stop(), this.runner.stop(DRAIN)]);
  }
}

@Module({
  imports: [
    WorkRunnerModule,
    ChatroomWorkerModule,
    SubscriptionWorkerModule,
    WebhookWorkerModule,
    AuthWorkerModule,
  ],
  providers: [
    {
      provide: WORK_PROCESSORS,
      inject: PROCESSORS,
      useFactory: (...processors: WorkProcessor[]) => processors,
    },
    WorkerLifecycle,
  ],
})
export class ProcessorModule {}
