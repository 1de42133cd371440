import fc from 'fast-check';
import { readNumber } from './phone-number.js';

const read = (text: string, region = 'IN') => readNumber(text, { DEFAULT_PHONE_REGION: region });
const numberOf = (text: string, region = 'IN') => read(text, region)?.number ?? null;

describe('readNumber', () => {
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
    '९८७६५४३२१०',
    '+९१ ९८७६५ ४३२१०',
    '‪+91 98765 43210‬',
    '\u200e+91\u200b9876543210\ufeff',
    '+91\u00a098765\u202f43210',
    '+91\t98765\n43210',
    '⁨98765⁩ 43210',
  ];
  it.each(same)('reads %j as one number', (text) => {
    expect(read(text)).toEqual({ number: '+919876543210', formerNumbers: [], allowed: true });
  });

  it('reads a number of another country as such, also behind 00 where the region dials otherwise', () => {
    expect(numberOf('+1 201 555 0123')).toBe('+12015550123');
    expect(numberOf('00919876543210', 'US')).toBe('+919876543210');
    expect(numberOf('(212) 555-0123', 'us')).toBe('+12125550123');
  });

  it('reads a number as it is dialled in its region', () => {
    expect(numberOf('001 65 9123 4567', 'SG')).toBe('+6591234567');
    expect(numberOf('0011 91 98765 43210', 'AU')).toBe('+919876543210');
  });

  const none = [
    '',
    ' ',
    'abc',
    '12345',
    'call 9876543210',
    '+1 201 555 0123 ext 5',
    '9876543210 or 9876543211',
    '+',
    '\u200e',
  ];
  it.each(none)('refuses %j', (text) => {
    expect(read(text)).toBeNull();
  });

  it.each([
    ['+44 909 879 0000', 'premium'],
    ['+1 900 234 5678', 'premium'],
    ['+44 843 123 4567', 'shared-cost'],
    ['+44 70 1234 5678', 'personal, whose owner is paid by the caller'],
    ['+1 800 555 0123', 'free'],
    ['+800 1234 5678', 'international free'],
    ['+808 1234 5678', 'international shared-cost'],
    ['+870 773 111 632', 'satellite'],
    ['+878 10 123 456 789', 'universal personal'],
    ['+881 612 345 678', 'satellite'],
    ['+882 13 123 456', 'international network'],
    ['+882 16 1234 5678', 'international network'],
    ['+883 130 001 2345', 'international network'],
    ['+883 5100 1234 5678', 'international network'],
    ['+979 1 2345 6789', 'international premium'],
  ])('refuses %s (%s) in any case', (text) => {
    expect(read(text)).toBeNull();
  });

  it('reads what earlier releases accepted, but not for a new account', () => {
    expect(read('+15551234567')).toEqual({ number: '+15551234567', formerNumbers: [], allowed: false });
  });

  it('allows numbers of certain countries only', () => {
    const rules = { DEFAULT_PHONE_REGION: 'IN', ALLOWED_PHONE_REGIONS: ['IN', 'US'] };
    const allowed = ['9876543210', '+12015550123', '+14165550123', '+4915112345678'].map(
      (text) => readNumber(text, rules)?.allowed,
    );
    expect(allowed).toEqual([true, true, false, false]);
  });

  it.each([
    ['+54 9 11 2345 6789', 'IN'],
    ['+54 11 2345 6789', 'IN'],
    ['+54 11 15 2345 6789', 'IN'],
    ['011 15-2345-6789', 'AR'],
    ['11 2345 6789', 'AR'],
    ['9 11 2345 6789', 'AR'],
  ])('reads the Argentine number %s as one', (text, region) => {
    expect(read(text, region)).toEqual({
      number: '+5491123456789',
      formerNumbers: ['+541123456789'],
      allowed: true,
    });
  });

  it.each([
    ['+52 55 1234 5678', 'IN'],
    ['+52 1 55 1234 5678', 'IN'],
    ['55 1234 5678', 'MX'],
    ['1 55 1234 5678', 'MX'],
    ['044 55 1234 5678', 'MX'],
    ['01 55 1234 5678', 'MX'],
  ])('reads the Mexican number %s as one', (text, region) => {
    expect(read(text, region)).toEqual({ number: '+525512345678', formerNumbers: [], allowed: true });
  });
});

describe('a number', () => {
  const region = fc.constantFrom('IN', 'US', 'GB', 'DE', 'BR', 'AR', 'MX');

  it('that was read stays what it is, in every region', () => {
    const part = fc.constantFrom(
      ...'0123456789',
      ...['+', ' ', '-', '(', ')', '.', '/', '٣', '９', '५', '00', '+91', '+54', '+52', '+549', '+521'],
      ...['9876543210', '1123456789', '5512345678', 'x', ';ext=', '#', '\u200b'],
    );
    const texts = fc.array(part, { maxLength: 20 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, region, region, (text, here, there) => {
        const number = numberOf(text, here);
        if (number === null) return;
        expect(number).toMatch(/^\+[1-9]\d{4,16}$/);
        expect(numberOf(number, there)).toBe(number);
      }),
      { seed: 1, numRuns: 3_000 },
    );
  });

  it('is one, however it is written', () => {
    const digits = fc.tuple(
      fc.constantFrom('6', '7', '8', '9'),
      fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 9, maxLength: 9 }),
    );
    const gaps = fc.array(fc.constantFrom('', '', ' ', '-', '.', '\u00a0', '\u200d'), {
      minLength: 9,
      maxLength: 9,
    });
    const prefix = fc.constantFrom('', '0', '+91', '+91 ', '0091', '0091 ', '＋91', '+91-', ' +91 ');
    const script = fc.constantFrom('0'.charCodeAt(0), 0xff10, 0x660, 0x6f0, 0x966);
    fc.assert(
      fc.property(digits, gaps, prefix, script, ([first, rest], between, before, zero) => {
        const spaced = [...rest].reduce((text, digit, at) => text + between[at] + digit, first);
        const written = spaced.replace(/\d/g, (digit) => String.fromCharCode(zero + Number(digit)));
        expect(numberOf(before + written)).toBe(`+91${first}${rest}`);
      }),
      { seed: 1, numRuns: 1_000 },
    );
  });
});
