import { Module } from '@nestjs/common';
import { AuthWorkerModule } from '../auth/auth.worker.module.js';
import { ReplyModule } from '../chatroom/reply/reply.module.js';
import { Relay } from '../infra/work/recovery.js';
import { WorkerPool } from '../infra/work/work-runner.js';
import { SubscriptionModule } from '../subscription/subscription.module.js';
import { WebhookModule } from '../webhook/webhook.module.js';
import { AccountWorkload } from './account.workload.js';
import { OtpDeliveryProcessor } from './otp-delivery.processor.js';
import { ReplyProcessor } from './reply.processor.js';
import { ReplyWorkload } from './reply.workload.js';
import { StripeEventProcessor } from './stripe-event.processor.js';
import { StripeWorkload } from './stripe.workload.js';
import { Workforce } from './workforce.js';
import { WORKLOADS, type Workload } from './workload.js';

/** What a worker does. A new kind of work: its processor, its workload, and its place in this list. */
const workloads = [ReplyWorkload, StripeWorkload, AccountWorkload];

@Module({
  imports: [ReplyModule, SubscriptionModule, WebhookModule, AuthWorkerModule],
  providers: [
    WorkerPool,
    Relay,
    ReplyProcessor,
    StripeEventProcessor,
    OtpDeliveryProcessor,
    ...workloads,
    { provide: WORKLOADS, inject: workloads, useFactory: (...all: Workload[]) => all },
    Workforce,
  ],
})
export class ProcessorModule {}
