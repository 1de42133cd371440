import { Module } from '@nestjs/common';
import { StripeCheckouts } from './stripe-checkouts.js';
import { StripeClient } from './stripe.client.js';
import { StripeCustomers } from './stripe-customers.js';
import { StripeEvents } from './stripe-events.js';
import { StripePayments } from './stripe-payments.js';
import { StripeSubscriptions } from './stripe-subscriptions.js';

const services = [
  StripeClient,
  StripeCustomers,
  StripeSubscriptions,
  StripeCheckouts,
  StripePayments,
  StripeEvents,
];

/** All calls to Stripe, with the product's own types. */
@Module({ providers: services, exports: services })
export class StripeModule {}
