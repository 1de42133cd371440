import type { ReceivedEvent } from './signature.js';
import { handledTypes, subjectOf } from './handlers.js';

const event = (type: string, object: object) => ({ id: 'evt_1', type, data: { object } });
const ofCharges = handledTypes.filter((type) => /^refund\.|dispute/.test(type));
const ofCustomers = handledTypes.filter((type) => !ofCharges.includes(type) && type !== 'customer.deleted');

describe('what an event is about', () => {
  it('is a customer, found in every handled type as an id or as an object', () => {
    for (const type of ofCustomers) {
      expect(subjectOf(event(type, { customer: 'cus_1' }))).toEqual({ customer: 'cus_1' });
      expect(subjectOf(event(type, { customer: { id: 'cus_1' } }))).toEqual({ customer: 'cus_1' });
    }
    expect(subjectOf(event('customer.deleted', { id: 'cus_1' }))).toEqual({ customer: 'cus_1' });
  });

  it('is a charge for refunds and disputes, which name no customer', () => {
    expect(ofCharges).toHaveLength(4);
    for (const type of ofCharges) {
      expect(subjectOf(event(type, { charge: 'ch_1' }))).toEqual({ charge: 'ch_1' });
      expect(subjectOf(event(type, { charge: { id: 'ch_1' } }))).toEqual({ charge: 'ch_1' });
    }
  });

  it('is null for an unknown type, for one named like a property of every object, and where the field is missing', () => {
    for (const type of ['invoice.upcoming', 'toString', '__proto__', 'constructor']) {
      expect(subjectOf(event(type, { customer: 'cus_1' }))).toBeNull();
    }
    for (const [type, name] of [
      ['invoice.paid', 'customer'],
      ['charge.dispute.closed', 'charge'],
    ] as const)
      for (const odd of [undefined, null, 7, '', {}])
        expect(subjectOf(event(type, { [name]: odd }))).toBeNull();
    for (const type of handledTypes) {
      for (const odd of [{}, { data: null }, { data: {} }, { data: { object: null } }])
        expect(subjectOf({ id: 'evt_1', type, ...odd } as ReceivedEvent)).toBeNull();
    }
  });
});
