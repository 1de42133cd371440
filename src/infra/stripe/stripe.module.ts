import { Module } from '@nestjs/common';
import { StripeCheckouts } from './stripe-checkouts.js';
import { StripeClient } from './stripe.client.js';
import { StripeCustomers } from './stripe-customers.js';
import { StripeEvents } from './stripe-events.js';
import { StripePortal } from './stripe-portal.js';
import { StripeSubscriptions } from './stripe-subscriptions.js';

const services = [
  StripeClient,
  StripeCustomers,
  StripeSubscriptions,
  StripeCheckouts,
  StripePortal,
  StripeEvents,
];

/** Everything the product says to Stripe, in the product's terms. */
@Module({ providers: services, exports: services })
export class StripeModule {}
