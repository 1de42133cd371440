import { wallTime } from './clock.js';
import { makeId } from './wire/object.js';
import type { PaymentMethod } from './wire/customer.js';

/** The only card numbers that the sandbox accepts: real ones must never be typed into it. */
export const testCards = [
  { number: '4242424242424242', brand: 'visa', behaviour: 'pays', token: 'pm_card_visa', label: 'Pays' },
  {
    number: '4000000000000002',
    brand: 'visa',
    behaviour: 'declines',
    token: 'pm_card_chargeDeclined',
    label: 'Is declined',
  },
  {
    number: '4000000000000341',
    brand: 'visa',
    behaviour: 'declines_later',
    token: 'pm_card_chargeCustomerFail',
    label: 'Pays once, fails at renewal',
  },
] as const;

export type TestCard = (typeof testCards)[number];

/** The test card of this number, with or without spaces; undefined for any other number. */
export function testCard(typed: string): TestCard | undefined {
  const number = typed.replace(/[\s-]/g, '');
  return testCards.find((card) => card.number === number);
}

export function testCardOfToken(token: string): TestCard | undefined {
  return testCards.find((card) => card.token === token);
}

export function newPaymentMethod(card: TestCard, customer: string): PaymentMethod {
  return {
    id: makeId('pm_1'),
    object: 'payment_method',
    created: wallTime(),
    livemode: false,
    type: 'card',
    customer,
    card: {
      brand: card.brand,
      last4: card.number.slice(-4),
      exp_month: 12,
      exp_year: 2034,
      funding: 'credit',
    },
    behaviour: card.behaviour,
  };
}
