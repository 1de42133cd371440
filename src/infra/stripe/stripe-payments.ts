import { Injectable } from '@nestjs/common';
import type Stripe from 'stripe';
import { StripeClient, StripeMissing } from './stripe.client.js';

/** How a payment was given back: by a full refund, or by a dispute that was lost. */
export type Reversal = 'refunded' | 'disputed';

/** Payments at Stripe, and what became of them. */
@Injectable()
export class StripePayments {
  constructor(private readonly stripe: StripeClient) {}

  /**
   * Whether everything that was paid for an invoice was given back. A partial refund and an open dispute change nothing.
   * @param invoice the id of a paid invoice; one that needed no payment was not given back
   * @throws AppError `stripe.unavailable`, StripeRefused
   */
  async reversalOf(invoice: string): Promise<Reversal | null> {
    const { data } = await this.stripe.call((sdk, options) =>
      sdk.invoicePayments.list(
        { invoice, status: 'paid', limit: 100, expand: ['data.payment.payment_intent.latest_charge'] },
        options,
      ),
    );
    let reversal: Reversal | null = null;
    for (const { payment } of data) {
      reversal = await this.reversalOfCharge(await this.chargeOf(payment));
      if (!reversal) return null;
    }
    return reversal;
  }

  /** The customer of a charge; null for a charge without one. @throws AppError `stripe.unavailable`, StripeRefused */
  async customerOf(charge: string): Promise<string | null> {
    try {
      const { customer } = await this.retrieve(charge);
      return typeof customer === 'string' ? customer : (customer?.id ?? null);
    } catch (error) {
      if (error instanceof StripeMissing) return null;
      throw error;
    }
  }

  /** Null for a payment that was made outside Stripe. */
  private async chargeOf({
    payment_intent: intent,
    charge,
  }: Stripe.InvoicePayment.Payment): Promise<Stripe.Charge | null> {
    const latest = charge ?? (typeof intent === 'object' ? intent.latest_charge : null);
    return typeof latest === 'string' ? this.retrieve(latest) : latest;
  }

  /** A charge says that it is disputed, but not with which result. */
  private async reversalOfCharge(charge: Stripe.Charge | null): Promise<Reversal | null> {
    if (charge?.refunded) return 'refunded';
    if (!charge?.disputed) return null;
    const { data } = await this.stripe.call((sdk, options) =>
      sdk.disputes.list({ charge: charge.id, limit: 100 }, options),
    );
    return data.some(({ status }) => status === 'lost') ? 'disputed' : null;
  }

  private retrieve(charge: string): Promise<Stripe.Charge> {
    return this.stripe.call((sdk, options) => sdk.charges.retrieve(charge, {}, options));
  }
}
