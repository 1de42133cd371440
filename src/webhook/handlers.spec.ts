import type Stripe from 'stripe';
import { customerOf, handledTypes } from './handlers.js';

const event = (type: string, object: unknown) => ({ type, data: { object } }) as unknown as Stripe.Event;

describe('the customer an event is about', () => {
  it('is found in every handled type, as an id or as an object', () => {
    for (const type of handledTypes.filter((name) => name !== 'customer.deleted')) {
      expect(customerOf(event(type, { customer: 'cus_1' }))).toBe('cus_1');
      expect(customerOf(event(type, { customer: { id: 'cus_1' } }))).toBe('cus_1');
    }
    expect(customerOf(event('customer.deleted', { id: 'cus_1' }))).toBe('cus_1');
  });

  it('is null for an unknown type, for one named like a property of every object, and where the field is missing', () => {
    for (const type of ['invoice.upcoming', 'toString', '__proto__', 'constructor']) {
      expect(customerOf(event(type, { customer: 'cus_1' }))).toBeNull();
    }
    expect(customerOf(event('invoice.paid', {}))).toBeNull();
    expect(customerOf(event('invoice.paid', { customer: null }))).toBeNull();
    expect(customerOf(event('invoice.paid', { customer: 7 }))).toBeNull();
    for (const type of handledTypes) {
      for (const odd of [
        { type },
        { type, data: null },
        { type, data: {} },
        { type, data: { object: null } },
      ])
        expect(customerOf(odd as unknown as Stripe.Event)).toBeNull();
    }
  });
});
