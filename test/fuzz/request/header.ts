import fc from 'fast-check';
import { text } from './text.js';

/** Who asks, and with what papers. */
export type Who = 'nobody' | 'owner' | 'stranger';
export type Header = [name: string, value: string];

/** A value that stays on its line, and one in a while that no header may have. */
const anything = fc.oneof(
  { weight: 9, arbitrary: text.map((value) => value.replace(/\p{Cc}/gu, ' ').slice(0, 400)) },
  { weight: 1, arbitrary: fc.constantFrom('a\0b', '\x7f', '\x01') },
);

const header = (name: string, ...values: string[]): fc.Arbitrary<Header> =>
  fc
    .oneof({ weight: 6, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: anything })
    .map((value) => [name, value]);

const FALSE_PAPERS = [
  ...['', 'Bearer', 'Bearer ', 'Bearer null', 'Bearer a.b.c', 'Basic YTpi', 'Digest x', 'Bearer «byte:fffe»'],
  ...['expired', 'forged', 'unsigned', 'misdirected'].map((kind) => `Bearer «owner.${kind}»`),
  ...['«owner.token»', 'Bearer «owner.token»x', 'Bearer x«owner.token»', 'Bearer «owner.token».x'],
  ...['Token «owner.token»', 'Bearer: «owner.token»', 'Bearer «owner.session»', 'Bearer "«owner.token»"'],
];

/** What a person of that role shows at the door; nobody shows nothing, or something false. */
export function authorization(who: Who): fc.Arbitrary<Header[]> {
  if (who !== 'nobody') return fc.constant([['Authorization', `Bearer «${who}.token»`]]);
  const shown = fc.oneof(
    fc.constantFrom(...FALSE_PAPERS),
    anything.map((value) => `Bearer ${value}`),
  );
  return fc.oneof(
    fc.constant<Header[]>([]),
    shown.map((value): Header[] => [['Authorization', value]]),
  );
}

const extra = fc.oneof(
  header('Idempotency-Key', 'k', 'again', 'x'.repeat(255), 'x'.repeat(256), '', 'a b'),
  header('Prefer', 'wait=1', 'wait=0', 'wait=', 'wait=9999999999', 'respond-async, wait=1', 'wait="1"'),
  header(
    'Accept',
    'text/event-stream',
    'application/json',
    '*/*',
    'text/event-stream;q=0',
    'text/html',
    ';',
    ',',
  ),
  header('Last-Event-ID', '1', '10000000', '99999999999999999999', '-1', 'x', '10000000000000'),
  header('X-Request-Id', 'mine', 'x'.repeat(128), 'x'.repeat(129), 'a b', '', 'ünïcode'),
  header('X-Forwarded-For', '1.2.3.4', '1.2.3.4, 5.6.7.8', '::1', 'unknown', '999.1.1.1'),
  header('Stripe-Signature', 't=1,v1=00', `t=${'9'.repeat(400)},v1=${'0'.repeat(64)}`, 't=,v1='),
  header('Origin', 'https://elsewhere.example', 'null'),
  header('Accept-Encoding', 'gzip', 'br;q=1', '*'),
  header('If-None-Match', '*', '"x"'),
  header('Range', 'bytes=0-1', 'bytes=9-'),
  header('Expect', '100-continue', 'something-else'),
  header('Upgrade', 'websocket', 'h2c'),
  header('X-HTTP-Method-Override', 'DELETE'),
);

export const extraHeaders = fc.array(extra, { maxLength: 4 });
