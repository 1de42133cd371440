import { Module } from '@nestjs/common';
import { ReconciliationWork } from './reconciliation.work.js';
import { SubscriptionModule } from './subscription.module.js';

/** Reconciliation of customers. */
@Module({ imports: [SubscriptionModule], providers: [ReconciliationWork], exports: [ReconciliationWork] })
export class SubscriptionWorkerModule {}
