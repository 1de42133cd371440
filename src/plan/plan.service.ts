import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { tierOf, type PaidState, type Tier } from './plan.js';

/** The plans under this installation's settings: which one an account has, and what it allows. */
@Injectable()
export class PlanService {
  constructor(private readonly settings: Settings) {}

  /** The tier at this moment. @param paid the account's subscription, as the session statement of the request read it; null for none */
  tier(paid: PaidState | null): Tier {
    return tierOf(paid, this.settings.STRIPE_PAST_DUE_GRACE_DAYS, new Date());
  }

  /** Prompts that a tier allows a UTC day; null for no limit. */
  dailyLimit(tier: Tier): number | null {
    const { BASIC_TIER_DAILY_PROMPT_LIMIT, PRO_TIER_DAILY_PROMPT_LIMIT } = this.settings;
    return tier === 'pro' ? (PRO_TIER_DAILY_PROMPT_LIMIT ?? null) : BASIC_TIER_DAILY_PROMPT_LIMIT;
  }

  /** Prompts a UTC day for an account with this subscription, null for none. @returns null for no limit */
  limitOf(paid: PaidState | null): number | null {
    return this.dailyLimit(this.tier(paid));
  }

  /** Unfinished replies that an account may have: running at once, in all, and in one room. */
  replyCaps(): [running: number, unfinished: number, perRoom: number] {
    const { MAX_RUNNING_REPLIES_PER_USER, MAX_UNFINISHED_REPLIES_PER_USER, MAX_UNFINISHED_REPLIES_PER_ROOM } =
      this.settings;
    return [MAX_RUNNING_REPLIES_PER_USER, MAX_UNFINISHED_REPLIES_PER_USER, MAX_UNFINISHED_REPLIES_PER_ROOM];
  }
}
