import fc from 'fast-check';
import Stripe from 'stripe';
import { TOLERANCE, verifyEvent } from './signature.js';

const secret = 'whsec_first';
const now = Date.parse('2026-11-21T12:00:00Z');
const seconds = now / 1000;
const text = JSON.stringify(
  { id: 'evt_1', object: 'event', type: 'invoice.paid', data: { object: { name: 'Zoë' } } },
  null,
  2,
);

const sign = (payload: string, timestamp = seconds, key = secret) =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret: key, timestamp });
const verify = (body: string | Buffer, header: unknown, secrets = [secret]) =>
  verifyEvent(Buffer.from(body), header, secrets, now);

describe('the signature of a webhook', () => {
  it('is good under any of the secrets, with several signatures in the header', () => {
    expect(verify(text, sign(text))?.id).toBe('evt_1');
    expect(verify(text, sign(text), ['whsec_new', secret])?.id).toBe('evt_1');
    expect(verify(text, `${sign(text)},v1=${'0'.repeat(64)},v0=abc`)?.id).toBe('evt_1');
  });

  it('counts within the tolerance and not a second beyond, in both directions', () => {
    expect(verify(text, sign(text, seconds - TOLERANCE))).not.toBeNull();
    expect(verify(text, sign(text, seconds - TOLERANCE - 1))).toBeNull();
    expect(verify(text, sign(text, seconds + TOLERANCE))).not.toBeNull();
    expect(verify(text, sign(text, seconds + TOLERANCE + 1))).toBeNull();
  });

  it('is refused under another secret, without a header, and with a header that says less or more', () => {
    expect(verify(text, sign(text, seconds, 'whsec_other'))).toBeNull();
    expect(verify(text, sign(text), [])).toBeNull();
    const good = sign(text);
    const [time = '', signature = ''] = good.split(',');
    const bad = [
      undefined,
      '',
      [good],
      time,
      signature,
      `${time},v0=${signature.slice(3)}`,
      `t=x,${signature}`,
    ];
    for (const header of bad) expect(verify(text, header)).toBeNull();
    expect(verify(text, `t=${seconds + 9999},${good}`)).toBeNull();
  });

  it('is refused for any other bytes: truncated, re-encoded, marked or repaired', () => {
    const header = sign(text);
    expect(verify(text.slice(0, -1), header)).toBeNull();
    expect(verify(JSON.stringify(JSON.parse(text)), header)).toBeNull();
    expect(verify(`\ufeff${text}`, header)).toBeNull();
    expect(verify(Buffer.from(text, 'utf16le'), header)).toBeNull();
    expect(verify(Buffer.from(text, 'latin1'), header)).toBeNull();
    const repaired = sign(text.replace('ë', '\ufffd'));
    expect(verify(Buffer.from(text, 'latin1'), repaired)).toBeNull();
    expect(verifyEvent(undefined, header, [secret], now)).toBeNull();
  });

  it('is good for whatever was signed, and for nothing that differs in one place', () => {
    const names = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(
        names,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.integer({ min: -TOLERANCE, max: TOLERANCE }),
        (name, at, flip, age) => {
          const body = Buffer.from(JSON.stringify({ id: name, object: 'event', type: name }));
          const header = sign(body.toString(), seconds + age);
          expect(verify(body, header)?.id).toBe(name);
          const spoiled = Buffer.from(body);
          spoiled[at % body.length]! ^= flip;
          expect(verify(spoiled, header)).toBeNull();
          const digit = header.length - 1 - (at % 64);
          const other = header[digit] === '0' ? '1' : '0';
          expect(verify(body, header.slice(0, digit) + other + header.slice(digit + 1))).toBeNull();
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  it('is refused, never an error, whatever the header says', () => {
    const [, good = ''] = sign(text).split(',');
    const item = fc.oneof(
      fc.constantFrom(
        `t=${seconds}`,
        't=',
        't',
        '=',
        `t=${'9'.repeat(400)}`,
        't=1e9',
        `T=${seconds}`,
        'v1=',
        'v1',
        'v0=00',
        good.slice(0, -1),
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    );
    const headers = fc.array(item, { maxLength: 6 }).map((items) => items.join(','));
    fc.assert(
      fc.property(headers, (header) => verify(text, header) === null),
      { seed: 1, numRuns: 1_000 },
    );
  });

  it('is good for a thin event, which has no object', () => {
    const thin = JSON.stringify({
      id: 'evt_1',
      object: 'v2.core.event',
      type: 'v1.billing.meter.no_meter_found',
    });
    expect(verify(thin, sign(thin))).toMatchObject({ id: 'evt_1', type: 'v1.billing.meter.no_meter_found' });
  });

  it('is refused for signed bytes that are no event', () => {
    for (const body of [
      '{}',
      '[]',
      '"event"',
      '{"object":"event"}',
      '{"object":"v2.core.event"}',
      'null',
      'no json',
    ]) {
      expect(verify(body, sign(body))).toBeNull();
    }
  });
});
