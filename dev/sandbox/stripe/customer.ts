import { makeId } from './wire/object.js';
import type { Customer } from './wire/customer.js';

export function newCustomer(given: Partial<Customer>, now: number): Customer {
  return {
    id: makeId('cus_', 14),
    object: 'customer',
    created: now,
    livemode: false,
    email: null,
    name: null,
    phone: null,
    description: null,
    balance: 0,
    currency: null,
    delinquent: false,
    address: null,
    shipping: null,
    discount: null,
    default_source: null,
    invoice_prefix: makeId('', 8).toUpperCase(),
    invoice_settings: { default_payment_method: null, custom_fields: null, footer: null },
    preferred_locales: [],
    tax_exempt: 'none',
    test_clock: null,
    metadata: {},
    ...given,
  };
}
