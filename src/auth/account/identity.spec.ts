import { columnsOf, readIdentity, readNewIdentities, readNewIdentity, useKeyOf } from './identity.js';

const RULES = { DEFAULT_PHONE_REGION: 'IN' };
const EMAIL = 'a@example.com';

describe('an identity', () => {
  it('is exactly one where one is wanted', () => {
    expect(() => readIdentity({}, RULES)).toThrow('mobile or email');
    expect(() => readIdentity({ mobile: '9876543210', email: EMAIL }, RULES)).toThrow('either');
    expect(readNewIdentities({ mobile: '9876543210', email: EMAIL }, RULES)).toHaveLength(2);
  });

  it.each([
    ...['a', 'a@', '@example.com', 'a@example', 'a b@example.com', ' a@example.com', 'a\u200b@example.com'],
  ])('is not %j', (email) => {
    expect(() => readIdentity({ email }, RULES)).toThrow('email must be an email address');
  });

  it.each([
    [{ email: '"a"@example.com' }, 'email must have a name of ASCII characters without quotes before its @'],
    [{ mobile: '+15551234567' }, 'mobile must be a phone number to which messages may be sent'],
  ])('of an earlier release finds its account, but is no new one: %j', (fields, message) => {
    expect(readIdentity(fields, RULES).formerKeys).toEqual([]);
    expect(() => readNewIdentity(fields, RULES)).toThrow(message);
  });

  it('is compared with every key that an account may have it under', () => {
    const mobile = readIdentity({ mobile: '+54 11 2345 6789' }, RULES);
    expect(columnsOf(mobile)).toEqual([['+5491123456789', '+541123456789'], []]);
    expect(columnsOf(readIdentity({ email: 'a@Müller.de' }, RULES))).toEqual([
      [],
      ['a@xn--mller-kva.de', 'a@müller.de'],
    ]);
  });

  it('is one with the others of its mailbox where use is counted', () => {
    const use = (email: string) => useKeyOf(readIdentity({ email }, RULES));
    expect([use('Ada+1@Example.com'), use('ada+x@example.com'), use('ADA@example.com')]).toEqual(
      Array(3).fill('ada@example.com'),
    );
    expect(useKeyOf({ key: '+919876543210' })).toBe('+919876543210');
  });
});
