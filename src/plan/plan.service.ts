import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { tierOf, type PaidState, type Tier } from './plan.js';

/** The plans as they are sold here: who has which, and what it allows. */
@Injectable()
export class PlanService {
  constructor(private readonly settings: Settings) {}

  /** The tier at this moment, from what the session statement told of the person's payments. */
  tier(paid: PaidState | null): Tier {
    return tierOf(paid, this.settings.STRIPE_PAST_DUE_GRACE_DAYS, new Date());
  }

  /** Prompts a UTC day; null when unlimited. */
  dailyLimit(tier: Tier): number | null {
    const { BASIC_TIER_DAILY_PROMPT_LIMIT, PRO_TIER_DAILY_PROMPT_LIMIT } = this.settings;
    return tier === 'pro' ? (PRO_TIER_DAILY_PROMPT_LIMIT ?? null) : BASIC_TIER_DAILY_PROMPT_LIMIT;
  }
}
