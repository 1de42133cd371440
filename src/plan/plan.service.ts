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

  /** Prompts a UTC day for a person with these payments; null when unlimited. */
  limitOf(paid: PaidState | null): number | null {
    return this.dailyLimit(this.tier(paid));
  }

  /** Unfinished replies that a person may have: running at once, in all, and in one room. */
  replyCaps(): [running: number, unfinished: number, perRoom: number] {
    const { MAX_RUNNING_REPLIES_PER_USER, MAX_UNFINISHED_REPLIES_PER_USER, MAX_UNFINISHED_REPLIES_PER_ROOM } =
      this.settings;
    return [MAX_RUNNING_REPLIES_PER_USER, MAX_UNFINISHED_REPLIES_PER_USER, MAX_UNFINISHED_REPLIES_PER_ROOM];
  }
}
