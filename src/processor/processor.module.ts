import { Module } from '@nestjs/common';
import { AuthWorkerModule } from '../auth/auth.worker.module.js';
import { NoticeWork } from '../auth/notice/notice.work.js';
import { OtpDeliveryWork } from '../auth/otp/otp-delivery.work.js';
import { ChatroomWorkerModule } from '../chatroom/chatroom.worker.module.js';
import { ReplyWork } from '../chatroom/reply/reply.work.js';
import { ChatroomPurgeWork } from '../chatroom/room/chatroom-purge.work.js';
import { Database } from '../infra/postgres/database.js';
import { Retention } from '../infra/postgres/retention.js';
import type { WorkProcessor } from '../infra/work/define-work.js';
import { Recovery } from '../infra/work/recovery.js';
import { WorkRunnerModule } from '../infra/work/work.module.js';
import { ReconciliationWork } from '../subscription/reconciliation.work.js';
import { SubscriptionWorkerModule } from '../subscription/subscription.worker.module.js';
import { AccountPurgeWork } from '../user/account-purge.work.js';
import { UserWorkerModule } from '../user/user.worker.module.js';
import { StripeEventWork } from '../webhook/stripe-event.work.js';
import { WebhookWorkerModule } from '../webhook/webhook.worker.module.js';
import { RETENTION_RULES } from './retention-rules.js';
import { PERIODIC_TASKS, WORK_PROCESSORS, WorkerLifecycle } from './worker-lifecycle.js';

/** Every kind of work, each with its one processor. A new kind: its name in WORK_KINDS, its processor, its place in this list. */
const PROCESSORS = [
  ReplyWork,
  StripeEventWork,
  OtpDeliveryWork,
  ReconciliationWork,
  ChatroomPurgeWork,
  NoticeWork,
  AccountPurgeWork,
];

@Module({
  imports: [
    WorkRunnerModule,
    ChatroomWorkerModule,
    SubscriptionWorkerModule,
    WebhookWorkerModule,
    AuthWorkerModule,
    UserWorkerModule,
  ],
  providers: [
    {
      provide: WORK_PROCESSORS,
      inject: PROCESSORS,
      useFactory: (...processors: WorkProcessor[]) => processors,
    },
    {
      provide: PERIODIC_TASKS,
      inject: [Recovery, Database],
      useFactory: (recovery: Recovery, database: Database) => [
        recovery,
        new Retention(database, RETENTION_RULES),
      ],
    },
    WorkerLifecycle,
  ],
})
export class ProcessorModule {}
