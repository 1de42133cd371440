import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { Settings } from '../../config/settings.js';
import { idempotencyKey } from './stripe.client.js';
import { StripeClient } from './stripe.client.js';
import { StripeMissing } from './stripe-error.js';

export interface Checkout {
  id: string;
  customer: string | null;
  status: 'open' | 'complete' | 'expired';
  /** Where the person pays; null once it is closed. */
  url: string | null;
  expiresAt: Date;
  /** The price it was opened for. */
  priceId: string | null;
  returnUrl: string | null;
}

export interface NewCheckout {
  customer: string;
  userId: string;
  /** Where it returns to: below it are the pages `/success` and `/cancel`. */
  returnUrl: string;
}

/** Hosted checkout sessions at Stripe. */
@Injectable()
export class StripeCheckouts {
  constructor(
    private readonly stripe: StripeClient,
    private readonly settings: Settings,
  ) {}

  /** The latest hundred of a customer, newest first. @throws AppError `stripe.unavailable`, StripeMissing */
  async list(customer: string): Promise<Checkout[]> {
    const { data } = await this.stripe.call((sdk, options) =>
      sdk.checkout.sessions.list({ customer, limit: 100 }, options),
    );
    return data.map(toCheckout);
  }

  /** Null for an id Stripe does not know. @throws AppError `stripe.unavailable` */
  async find(id: string): Promise<Checkout | null> {
    try {
      return toCheckout(
        await this.stripe.call((sdk, options) => sdk.checkout.sessions.retrieve(id, {}, options)),
      );
    } catch (error) {
      if (error instanceof StripeMissing) return null;
      throw error;
    }
  }

  /**
   * Opens one for the Pro price; the same offer and decision give the same one for a day. What an earlier request
   * opened is read again, for it may be paid or over by now.
   * @throws AppError `stripe.unavailable`, StripeMissing, StripeSpent
   */
  async open(offer: NewCheckout, decision: string): Promise<Checkout> {
    const params = this.params(offer);
    const key = idempotencyKey('checkout', params, decision);
    const session = await this.stripe.call((sdk, options) =>
      sdk.checkout.sessions.create(params, { ...options, idempotencyKey: key }),
    );
    const replayed = session.lastResponse.headers['idempotent-replayed'] === 'true';
    return (replayed && (await this.find(session.id))) || toCheckout(session);
  }

  /** Whether an open one sells what would be offered now, and returns where it should. */
  isFor({ returnUrl }: NewCheckout, checkout: Checkout): boolean {
    return checkout.priceId === this.settings.STRIPE_PRO_PRICE_ID && checkout.returnUrl === returnUrl;
  }

  /** Closes an open one; one that was paid or lapsed meanwhile stays so. @throws AppError `stripe.unavailable` */
  async expire(id: string): Promise<void> {
    try {
      await this.stripe.call((sdk, options) => sdk.checkout.sessions.expire(id, {}, options));
    } catch (error) {
      const now = await this.find(id);
      if (now?.status === 'open') throw error;
    }
  }

  /** Closes whatever a customer could still pay. @throws AppError `stripe.unavailable` */
  async closeAll(customer: string): Promise<void> {
    for (const { id, status } of await this.list(customer).catch(noneIfMissing)) {
      if (status === 'open') await this.expire(id);
    }
  }

  private params({ customer, userId, returnUrl }: NewCheckout): Stripe.Checkout.SessionCreateParams {
    const price = this.settings.STRIPE_PRO_PRICE_ID;
    return {
      mode: 'subscription',
      customer,
      client_reference_id: userId,
      line_items: [{ price, quantity: 1 }],
      success_url: `${returnUrl}/success?session_id={CHECKOUT_SESSION_ID}`,
      cancel_url: `${returnUrl}/cancel`,
      metadata: { userId, priceId: price, returnUrl },
      subscription_data: { metadata: { userId } },
    };
  }
}

function noneIfMissing(error: unknown): Checkout[] {
  if (error instanceof StripeMissing) return [];
  throw error;
}

function toCheckout(session: Stripe.Checkout.Session): Checkout {
  const { customer } = session;
  return {
    id: session.id,
    customer: typeof customer === 'string' ? customer : (customer?.id ?? null),
    status: (session.status as Checkout['status'] | null) ?? 'expired',
    url: session.url,
    expiresAt: new Date(session.expires_at * 1000),
    priceId: session.metadata?.priceId ?? null,
    returnUrl: session.metadata?.returnUrl ?? null,
  };
}
