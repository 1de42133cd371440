import { Injectable } from '@nestjs/common';
import { StripeClient } from './stripe.client.js';

/** Marks the portal configuration that is ours, so that it is found again without a setting. */
export const PORTAL_TAG = { key: 'app', value: 'gemini-chat-backend' } as const;

/** The customer portal at Stripe. */
@Injectable()
export class StripePortal {
  private configuration?: Promise<string | undefined>;

  constructor(private readonly stripe: StripeClient) {}

  /** A short-lived address of the portal for a customer. @throws AppError `stripe.unavailable`, StripeMissing */
  async open(customer: string, returnUrl: string): Promise<string> {
    const configuration = await this.ours();
    const session = await this.stripe.call((sdk, options) =>
      sdk.billingPortal.sessions.create(
        { customer, return_url: returnUrl, ...(configuration && { configuration }) },
        options,
      ),
    );
    return session.url;
  }

  /** Our configuration; undefined takes the account's default. Asked for once, and again after a failure. */
  private ours(): Promise<string | undefined> {
    this.configuration ??= this.find().catch((error: unknown) => {
      this.configuration = undefined;
      throw error;
    });
    return this.configuration;
  }

  private async find(): Promise<string | undefined> {
    const { data } = await this.stripe.call((sdk, options) =>
      sdk.billingPortal.configurations.list({ active: true, limit: 100 }, options),
    );
    return data.find(({ metadata }) => metadata?.[PORTAL_TAG.key] === PORTAL_TAG.value)?.id;
  }
}
