import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import { Settings } from '../config/settings.js';
import { PrismaService } from '../infra/postgres/prisma.service.js';
import { RateLimitStorage } from '../infra/rate-limit/rate-limit.storage.js';
import { within } from '../infra/stripe/stripe.client.js';
import { PlanService } from '../plan/plan.service.js';
import { CustomerService } from './customer.service.js';
import { clientUrl } from './return-url.js';
import { SyncService } from './sync.service.js';

const SESSION_ID = /^cs_[A-Za-z0-9_]{1,120}$/;
/** Milliseconds that a returning browser waits for Stripe at most. */
const STRIPE_BUDGET = 8_000;
/** Syncs that the returns to one session may cause: whoever knows the session's id can repeat its return. */
const SYNCS = { limit: 10, ttl: 60_000 };

/** The pages that a browser sees when it returns from checkout. */
@Injectable()
export class CheckoutReturnService {
  private readonly logger = new Logger(CheckoutReturnService.name);
  private readonly running = new Map<string, Promise<unknown>>();

  constructor(
    private readonly customers: CustomerService,
    private readonly syncs: SyncService,
    private readonly prisma: PrismaService,
    private readonly plans: PlanService,
    private readonly settings: Settings,
    private readonly limits: RateLimitStorage,
  ) {}

  /**
   * The page after a payment. Syncs the session's customer first; when Stripe is not available, its events will do it. The
   * page is public and accepts any id, so Stripe is called only for a session that was opened here.
   * @param sessionId the query parameter as it came: anything
   * @returns HTML
   */
  async success(sessionId: unknown): Promise<string> {
    const active = await this.activate(sessionId).catch((error: unknown) => this.leaveToEvents(error));
    return active
      ? this.page('You have Pro', 'Your payment went through. Your next prompt already counts as Pro.')
      : this.page('Thank you', 'Your payment is being confirmed. Pro starts as soon as it is.');
  }

  /** The page after leaving checkout without paying. @returns HTML */
  cancelled(): string {
    return this.page('Nothing was paid', 'You left the checkout. You can start it again whenever you like.');
  }

  /** @returns whether the session's account has Pro now */
  private async activate(sessionId: unknown): Promise<boolean> {
    if (typeof sessionId !== 'string' || !SESSION_ID.test(sessionId)) return false;
    const customer = await this.customers.findByCheckout(sessionId);
    if (!customer) return false;
    const { hits } = await this.limits.increment('checkout-return', sessionId, SYNCS);
    if (hits > SYNCS.limit) return false;
    await this.syncOnce(customer.id);
    const { userId } = customer;
    return this.plans.tier(await this.prisma.db.subscription.findUnique({ where: { userId } })) === 'pro';
  }

  /** Concurrent returns to one session share a sync. */
  private syncOnce(customer: string): Promise<unknown> {
    const running = this.running.get(customer);
    if (running) return running;
    const sync = within(STRIPE_BUDGET, () => this.syncs.sync(customer)).finally(() =>
      this.running.delete(customer),
    );
    this.running.set(customer, sync);
    return sync;
  }

  private leaveToEvents(error: unknown): false {
    if (!(error instanceof AppError)) throw error;
    this.logger.warn(`a return from checkout was not synced, its events will be: ${error.message}`);
    return false;
  }

  private page(title: string, text: string): string {
    return checkoutPage(title, text, clientUrl(this.settings));
  }
}

/** A small page that contains nothing about the user. @param backUrl where its link leads; the texts must be HTML already */
function checkoutPage(title: string, text: string, backUrl: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f5f7fb; color: #1a1f36;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
main { width: min(26rem, 100% - 3rem); background: #fff; border: 1px solid #d9deea; border-radius: .875rem; padding: 1.75rem; }
h1 { font-size: 1.375rem; line-height: 1.3; margin: 0 0 .5rem; }
p { margin: 0 0 1.25rem; color: #59617a; }
a { display: inline-block; padding: .625rem 1rem; border-radius: .5rem; background: #4f46e5; color: #fff; font-weight: 600;
  text-decoration: none; }
a:focus-visible { outline: 3px solid #a5a0f4; outline-offset: 2px; }
</style>
</head>
<body><main><h1>${title}</h1><p>${text}</p><a href="${escapeAttribute(backUrl)}">Back to the chat</a></main></body>
</html>`;
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
