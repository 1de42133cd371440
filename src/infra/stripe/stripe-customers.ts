import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { StripeClient, StripeRefused } from './stripe.client.js';

/** Metadata of the portal configuration that `stripe:setup` creates, so that it is found again without a setting. */
export const PORTAL_TAG = { key: 'app', value: 'gemini-chat-backend' } as const;

/** A customer that `create` returned. */
export interface CreatedCustomer {
  id: string;
  /** False when an earlier request with the same key had created it. */
  isNew: boolean;
}

/** Customers at Stripe, at most one per user, and their customer portal. */
@Injectable()
export class StripeCustomers {
  private configuration?: Promise<string | undefined>;

  constructor(private readonly stripe: StripeClient) {}

  /**
   * Creates a customer; for a day the same key returns the same customer.
   * @throws AppError `stripe.unavailable`, StripeRefused, StripeKeyFailed
   */
  async create(userId: string, idempotencyKey: string): Promise<CreatedCustomer> {
    const customer = await this.stripe.call((sdk, options) =>
      sdk.customers.create({ metadata: { userId } }, { ...options, idempotencyKey }),
    );
    return { id: customer.id, isNew: customer.lastResponse.headers['idempotent-replayed'] !== 'true' };
  }

  /**
   * Opens the customer portal.
   * @param returnUrl where the portal's link back leads
   * @returns the portal's short-lived address
   * @throws AppError `stripe.unavailable`, StripeRefused, StripeMissing
   */
  async openPortal(customer: string, returnUrl: string): Promise<string> {
    const configuration = await this.portalConfiguration();
    const params = { customer, return_url: returnUrl, ...(configuration && { configuration }) };
    try {
      const create = (sdk: Stripe, options: Stripe.RequestOptions) =>
        sdk.billingPortal.sessions.create(params, options);
      return (await this.stripe.call(create)).url;
    } catch (error) {
      // The configuration may have been switched off since it was found.
      if (error instanceof StripeRefused) this.configuration = undefined;
      throw error;
    }
  }

  /** The id of the tagged configuration; undefined means the account's default. Cached, unless the call failed. */
  private portalConfiguration(): Promise<string | undefined> {
    this.configuration ??= this.findPortalConfiguration().catch((error: unknown) => {
      this.configuration = undefined;
      throw error;
    });
    return this.configuration;
  }

  private async findPortalConfiguration(): Promise<string | undefined> {
    const { data } = await this.stripe.call((sdk, options) =>
      sdk.billingPortal.configurations.list({ active: true, limit: 100 }, options),
    );
    return data.find(({ metadata }) => metadata?.[PORTAL_TAG.key] === PORTAL_TAG.value)?.id;
  }
}
