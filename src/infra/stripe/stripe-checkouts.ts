import { Injectable } from '@nestjs/common';
import Stripe from 'stripe';
import { Settings } from '../../config/settings.js';
import { idempotencyKey, StripeClient, StripeMissing, StripeRefused } from './stripe.client.js';

/** A hosted checkout session, as far as the product uses it. */
export interface Checkout {
  id: string;
  customer: string | null;
  /** Whether its customer is known to be deleted: then nobody can pay it, but it is still open. */
  customerDeleted: boolean;
  status: 'open' | 'complete' | 'expired';
  /** The payment page; null once the session is closed. */
  url: string | null;
  expiresAt: Date;
  /** The price that the session was opened for; null for a session that the product did not open. */
  priceId: string | null;
  /** As in CheckoutOffer; null for a session that the product did not open. */
  returnUrl: string | null;
}

/** What a new checkout session sells, and to whom. */
export interface CheckoutOffer {
  customer: string;
  userId: string;
  /** The address that Stripe's page returns to, with `/success` or `/cancel` appended. */
  returnUrl: string;
}

/** Hosted checkout sessions at Stripe. */
@Injectable()
export class StripeCheckouts {
  constructor(
    private readonly stripe: StripeClient,
    private readonly settings: Settings,
  ) {}

  /** The latest hundred sessions of a customer, newest first. @throws AppError `stripe.unavailable`, StripeRefused */
  async list(customer: string): Promise<Checkout[]> {
    const { data } = await this.stripe.call((sdk, options) =>
      sdk.checkout.sessions.list({ customer, limit: 100, expand: ['data.customer'] }, options),
    );
    return data.map(toCheckout);
  }

  /** The session; null for an id that Stripe does not know. @throws AppError `stripe.unavailable` */
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
   * Opens a session for the Pro price; for a day the same offer and decision return the same session. A session that an
   * earlier request opened is read again, because it may be paid or expired by now.
   * @param decision distinguishes this session from earlier ones of the same offer
   * @throws AppError `stripe.unavailable`, StripeRefused, StripeMissing, StripeKeyFailed
   */
  async open(offer: CheckoutOffer, decision: string): Promise<Checkout> {
    const params = this.params(offer);
    const key = idempotencyKey('checkout', params, decision);
    const session = await this.stripe.call((sdk, options) =>
      sdk.checkout.sessions.create(params, { ...options, idempotencyKey: key }),
    );
    const replayed = session.lastResponse.headers['idempotent-replayed'] === 'true';
    return (replayed && (await this.find(session.id))) || toCheckout(session);
  }

  /** Whether a session has the present Pro price and the offer's return address. */
  isFor({ returnUrl }: CheckoutOffer, checkout: Checkout): boolean {
    return checkout.priceId === this.settings.STRIPE_PRO_PRICE_ID && checkout.returnUrl === returnUrl;
  }

  /** Expires a session; one that was paid or has expired meanwhile stays as it is. @throws AppError `stripe.unavailable` */
  async expire(id: string): Promise<void> {
    try {
      await this.stripe.call(
        (sdk, options) => sdk.checkout.sessions.expire(id, {}, options),
        (error) => error instanceof Stripe.errors.StripeInvalidRequestError,
      );
    } catch (error) {
      const session = await this.find(id);
      if (session?.status !== 'open') return;
      if (error instanceof StripeRefused) this.stripe.report(error);
      throw error;
    }
  }

  /** Expires every open session of a customer, so that none can be paid. @throws AppError `stripe.unavailable` */
  async expireAll(customer: string): Promise<void> {
    for (const { id, status } of await this.list(customer).catch(noneIfMissing)) {
      if (status === 'open') await this.expire(id);
    }
  }

  private params({ customer, userId, returnUrl }: CheckoutOffer): Stripe.Checkout.SessionCreateParams {
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
    customerDeleted: typeof customer === 'object' && customer?.deleted === true,
    status: (session.status as Checkout['status'] | null) ?? 'expired',
    url: session.url,
    expiresAt: new Date(session.expires_at * 1000),
    priceId: session.metadata?.priceId ?? null,
    returnUrl: session.metadata?.returnUrl ?? null,
  };
}
