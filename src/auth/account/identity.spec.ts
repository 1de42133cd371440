import fc from 'fast-check';
import { parseMobile, readIdentities, readIdentity } from './identity.js';

describe('parseMobile', () => {
  const same = [
    '9876543210',
    '09876543210',
    '+919876543210',
    '+91 98765 43210',
    '+91-98765-43210',
    ' 00919876543210 ',
    '0091 98765 43210',
    '９８７６５４３２１０',
    '＋91 ９８７６５ 43210',
    '٩٨٧٦٥٤٣٢١٠',
    '۹۸۷۶۵۴۳۲۱۰',
  ];
  it.each(same)('reads %j as one number', (text) => {
    expect(parseMobile(text, 'IN')).toBe('+919876543210');
  });

  it('reads a number of another country as such, also behind 00 where the region dials otherwise', () => {
    expect(parseMobile('+1 555 123 4567', 'IN')).toBe('+15551234567');
    expect(parseMobile('00919876543210', 'US')).toBe('+919876543210');
    expect(parseMobile('(212) 555-0123', 'us')).toBe('+12125550123');
  });

  it('reads a number as it is dialled in its region', () => {
    expect(parseMobile('001 65 9123 4567', 'SG')).toBe('+6591234567');
    expect(parseMobile('0011 91 98765 43210', 'AU')).toBe('+919876543210');
  });

  const none = [
    '',
    ' ',
    'abc',
    '12345',
    'call 9876543210',
    '+1 555 123 4567 ext 5',
    '9876543210 or 9876543211',
    '+',
  ];
  it.each(none)('refuses %j', (text) => {
    expect(parseMobile(text, 'IN')).toBeNull();
  });
});

describe('a number', () => {
  const region = fc.constantFrom('IN', 'US', 'GB', 'DE', 'BR');

  it('that was read stays what it is, in every region', () => {
    const part = fc.constantFrom(
      ...'0123456789',
      '+',
      ' ',
      '-',
      '(',
      ')',
      '.',
      '/',
      '٣',
      '９',
      '00',
      '+91',
      '9876543210',
      'x',
      ';ext=',
      '#',
    );
    const texts = fc.array(part, { maxLength: 20 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, region, region, (text, here, there) => {
        const number = parseMobile(text, here);
        if (number === null) return;
        expect(number).toMatch(/^\+[1-9]\d{4,16}$/);
        expect(parseMobile(number, there)).toBe(number);
      }),
      { seed: 1, numRuns: 3_000 },
    );
  });

  it('is one, however it is written', () => {
    const digits = fc.tuple(
      fc.constantFrom('6', '7', '8', '9'),
      fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 9, maxLength: 9 }),
    );
    const gaps = fc.array(fc.constantFrom('', '', ' ', '-', '.', '\u00a0'), { minLength: 9, maxLength: 9 });
    const prefix = fc.constantFrom('', '0', '+91', '+91 ', '0091', '0091 ', '＋91', '+91-', ' +91 ');
    const script = fc.constantFrom('0'.charCodeAt(0), 0xff10, 0x660, 0x6f0);
    fc.assert(
      fc.property(digits, gaps, prefix, script, ([first, rest], between, before, zero) => {
        const spaced = [...rest].reduce((text, digit, at) => text + between[at] + digit, first);
        const written = spaced.replace(/\d/g, (digit) => String.fromCharCode(zero + Number(digit)));
        expect(parseMobile(before + written, 'IN')).toBe(`+91${first}${rest}`);
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });
});

describe('an address', () => {
  it('has one key, which is its own key', () => {
    const letter = fc.oneof(
      fc.constantFrom(...'kKsSiIß', 'İ', 'ı', 'Σ', 'ς'),
      fc.string({ unit: 'binary', maxLength: 1 }),
    );
    const local = fc.array(letter, { minLength: 1, maxLength: 6 }).map((letters) => letters.join(''));
    const key = (email: string) => {
      try {
        return readIdentity({ email }, 'IN').key;
      } catch (error) {
        expect(error).toMatchObject({ code: 'validation.failed' });
        return undefined;
      }
    };
    fc.assert(
      fc.property(local, (name) => {
        const read = key(`${name}@Example.com`);
        if (read !== undefined) expect(key(read)).toBe(read);
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });
});

describe('readIdentity', () => {
  it('compares an address in lower case and writes to it as typed', () => {
    const identity = readIdentity({ email: 'Ada@Example.COM' }, 'IN');
    expect(identity).toEqual({ kind: 'email', key: 'ada@example.com', address: 'Ada@Example.COM' });
  });

  it('wants exactly one', () => {
    expect(() => readIdentity({}, 'IN')).toThrow('mobile or email');
    expect(() => readIdentity({ mobile: '9876543210', email: 'a@example.com' }, 'IN')).toThrow('either');
    expect(readIdentities({ mobile: '9876543210', email: 'a@example.com' }, 'IN')).toHaveLength(2);
  });

  it.each(['a', 'a@', '@example.com', 'a@example', 'a b@example.com', ' a@example.com'])(
    'refuses %j',
    (email) => {
      expect(() => readIdentity({ email }, 'IN')).toThrow('email must be an email address');
    },
  );
});
