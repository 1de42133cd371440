import { Module } from '@nestjs/common';
import { PlanService } from './plan.service.js';

/** What a plan allows. It depends on nothing of Stripe, so that accepting a prompt does not either. */
@Module({ providers: [PlanService], exports: [PlanService] })
export class PlanModule {}
