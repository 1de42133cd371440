import fc from 'fast-check';
import { readAddress, withoutTag } from './email-address.js';

describe('readAddress', () => {
  it('compares an address in lower case and writes to it as typed', () => {
    expect(readAddress('Ada@Example.COM')).toEqual({
      key: 'ada@example.com',
      formerKeys: [],
      address: 'Ada@Example.COM',
      allowed: true,
    });
  });

  it.each([
    ['ADA@example.com', 'ada@example.com'],
    ['ａｄａ@example.com', 'ada@example.com'],
    ['ada＠ｅｘａｍｐｌｅ．com', 'ada@example.com'],
    ['\u212Aim@example.com', 'kim@example.com'],
    ['ada@müller.de', 'ada@xn--mller-kva.de'],
    ['ada@mu\u0308ller.de', 'ada@xn--mller-kva.de'],
    ['ada@MÜLLER.de', 'ada@xn--mller-kva.de'],
    ['ada@xn--mller-kva.de', 'ada@xn--mller-kva.de'],
  ])('reads %j as %s', (text, key) => {
    expect(readAddress(text)).toMatchObject({ key, allowed: true });
  });

  it('writes to the ASCII form of what was typed otherwise: that mailbox alone proves the address', () => {
    expect(readAddress('\u212Aim@example.com')?.address).toBe('Kim@example.com');
    expect(readAddress('Ada@müller.de')?.address).toBe('Ada@xn--mller-kva.de');
  });

  it('names the keys that an account of an earlier release may have', () => {
    expect(readAddress('Ada@xn--mller-kva.de')?.formerKeys).toEqual(['ada@müller.de']);
    expect(readAddress('Ada@Müller.de')?.formerKeys).toEqual(['ada@müller.de']);
  });

  it.each(['"ada"@example.com', '"a b"@example.com', 'ä@example.com', 'аda@example.com'])(
    'reads %j, which earlier releases accepted, but not for a new account',
    (text) => {
      expect(readAddress(text)).toMatchObject({ key: text, formerKeys: [], allowed: false });
    },
  );

  it.each([
    ...['', 'a', 'a@', '@example.com', 'a@example', 'a b@example.com', ' a@example.com', 'a@@example.com'],
    ...[
      'a\u200b@example.com',
      'a@exa\u00admple.com',
      '\u200ea@example.com',
      'a@example.com\u2060',
      'a\u0000@x.de',
    ],
    ...[
      'a@example.com/x',
      'a@example.com:80',
      'a@exa%2dmple.com',
      'a@[127.0.0.1]',
      'a@127.0.0.1',
      'a@0x7f.1',
    ],
  ])('refuses %j', (text) => {
    expect(readAddress(text)).toBeNull();
  });

  it('reads a key as itself', () => {
    const letter = fc.oneof(
      fc.constantFrom(...'kKsSiIß', 'İ', 'ı', 'Σ', 'ς', '.', '+'),
      fc.string({ unit: 'binary', maxLength: 1 }),
    );
    const text = fc.array(letter, { minLength: 1, maxLength: 6 }).map((letters) => letters.join(''));
    fc.assert(
      fc.property(text, text, (local, domain) => {
        const read = readAddress(`${local}@${domain}example.com`);
        if (!read?.allowed) return;
        expect(read.key).toMatch(/^[\x21-\x7e]+$/);
        expect(readAddress(read.key)).toMatchObject({ key: read.key, allowed: true });
        expect(readAddress(read.address)).toMatchObject({ key: read.key, allowed: true });
      }),
      { seed: 1, numRuns: 3_000 },
    );
  });
});

describe('withoutTag', () => {
  it.each([
    ['ada+news@example.com', 'ada@example.com'],
    ['ada+a+b@example.com', 'ada@example.com'],
    ['ada@example.com', 'ada@example.com'],
    ['+news@example.com', '+news@example.com'],
    ['ada@ex+ample.com', 'ada@ex+ample.com'],
  ])('makes %s %s', (key, mailbox) => {
    expect(withoutTag(key)).toBe(mailbox);
  });
});
