import { Module } from '@nestjs/common';
import { PlanService } from './plan.service.js';

/** What a plan allows, without anything of Stripe: for whoever has to judge a prompt. */
@Module({ providers: [PlanService], exports: [PlanService] })
export class PlanModule {}
