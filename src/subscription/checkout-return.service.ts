import { Settings } from '../config/settings.js';
import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { within } from '../infra/stripe/deadline.js';
import { StripeCheckouts } from '../infra/stripe/stripe-checkouts.js';
import { checkoutPage } from './checkout-page.js';
import { PlanService } from '../plan/plan.service.js';
import { SyncService } from './sync.service.js';

/** Where a person goes on after Stripe's pages: the client, or, where there is none, the API's own documentation. */
export function clientUrlOf({ CLIENT_URL, PUBLIC_URL }: Settings): string {
  return CLIENT_URL === PUBLIC_URL ? `${PUBLIC_URL}/docs` : CLIENT_URL;
}

const SESSION_ID = /^cs_[A-Za-z0-9_]{1,120}$/;
/** Milliseconds a returning browser waits for Stripe at most. */
const STRIPE_BUDGET = 8_000;
/**
 * Sessions that one process asks Stripe about at a time. Anybody may call up the page with any id: Stripe's patience
 * is kept for those who pay. Whoever is not asked for has Pro by the events.
 */
const MOST_AT_ONCE = 5;

/** What a browser sees when it comes back from checkout. */
@Injectable()
export class CheckoutReturnService {
  private readonly logger = new Logger(CheckoutReturnService.name);
  private readonly running = new Map<string, Promise<boolean>>();

  constructor(
    private readonly checkouts: StripeCheckouts,
    private readonly syncs: SyncService,
    private readonly plans: PlanService,
    private readonly settings: Settings,
  ) {}

  /** The page after a payment. It syncs first; when that is not possible now, the events will do it. */
  async success(sessionId: unknown): Promise<string> {
    const active = await this.activate(sessionId).catch((error: unknown) => this.later(error));
    return active
      ? this.page('You have Pro', 'Your payment went through. Your next prompt already counts as Pro.')
      : this.page('Thank you', 'Your payment is being confirmed. Pro starts as soon as it is.');
  }

  /** The page after leaving checkout without paying. */
  cancelled(): string {
    return this.page('Nothing was paid', 'You left the checkout. You can start it again whenever you like.');
  }

  private async activate(sessionId: unknown): Promise<boolean> {
    if (typeof sessionId !== 'string' || !SESSION_ID.test(sessionId)) return false;
    const running = this.running.get(sessionId);
    if (running) return running;
    if (this.running.size >= MOST_AT_ONCE) return false;
    const asking = within(STRIPE_BUDGET, () => this.ask(sessionId)).finally(() =>
      this.running.delete(sessionId),
    );
    this.running.set(sessionId, asking);
    return asking;
  }

  private async ask(sessionId: string): Promise<boolean> {
    const checkout = await this.checkouts.find(sessionId);
    if (checkout?.status !== 'complete' || !checkout.customer) return false;
    const truth = await this.syncs.sync(checkout.customer);
    return this.plans.tier(truth?.live[0] ?? null) === 'pro';
  }

  private later(error: unknown): false {
    if (!(error instanceof AppError)) throw error;
    this.logger.warn(`a return from checkout was not synced, its events will be: ${error.message}`);
    return false;
  }

  private page(title: string, text: string): string {
    return checkoutPage(title, text, clientUrlOf(this.settings));
  }
}
