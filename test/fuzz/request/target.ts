import fc from 'fast-check';
import type { Operation } from '../answer/document.js';
import { text } from './text.js';

const IDS = ['room', 'prompt', 'reply', 'failure', 'session'].flatMap((what) => [
  `«owner.${what}»`,
  `«stranger.${what}»`,
]);

const id = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...IDS, '«missing»') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('%00', '%zz', '%', '%ff', '%ed%a0%80', '%2e%2e', 'a%2fb', '.', '..'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('{«owner.room»}', '«owner.room»%20', '«owner.room»%00', '«owner.room»x'),
  },
  { weight: 1, arbitrary: text.map(encode) },
);

/** An id where it belongs: most requests should get past the lookup of their path. */
function idFor(path: string, name: string): fc.Arbitrary<string> {
  const message = path.endsWith('/retry') ? 'failure' : 'reply';
  const what = name === 'messageId' ? message : path.includes('sessions') ? 'session' : 'room';
  const fitting = fc.constantFrom(`«owner.${what}»`, `«stranger.${what}»`);
  return fc.oneof({ weight: 3, arbitrary: fitting }, { weight: 2, arbitrary: id });
}

const value = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom('1', '2', '20', '100', '101', '0', '', 'cTE', 'bTM', 'a', 'canary'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('%zz', '%', '%00', '%ff', '%ed%a0%80', '%C3', '%20', '1%00', '+', '1+1'),
  },
  { weight: 2, arbitrary: text.map(encode) },
);

const STRANGE_NAMES = [
  '',
  'x',
  '__proto__',
  'limit[]',
  'limit[a]',
  'limit',
  'cursor',
  'q',
  'wait',
  '%zz',
  'session_id',
];

function query(names: string[]): fc.Arbitrary<string> {
  const name = fc.oneof(...(names.length > 0 ? [{ weight: 5, arbitrary: fc.constantFrom(...names) }] : []), {
    weight: 1,
    arbitrary: fc.constantFrom(...STRANGE_NAMES),
  });
  const pair = fc.tuple(name, value).map(([key, given]) => `${key}=${given}`);
  const given = fc.array(pair, { minLength: 1, maxLength: 3 }).map((pairs) => `?${pairs.join('&')}`);
  const often = names.length > 0 ? 3 : 1;
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant('') },
    { weight: often, arbitrary: given },
    { weight: 1, arbitrary: fc.constantFrom('?', '?&', '?=', '?%', '#x', '?a=b#c') },
  );
}

/** The target of a request for an operation, with ids of anybody and of nobody. */
export function target({ path, query: names }: Operation): fc.Arbitrary<string> {
  const pieces = path.split(/(\{\w+\})/).map((piece) => {
    const name = /^\{(\w+)\}$/.exec(piece)?.[1];
    return name ? idFor(path, name) : fc.constant(piece);
  });
  return fc.tuple(fc.tuple(...pieces), query(names)).map(([parts, asked]) => parts.join('') + asked);
}

const UNKNOWN = [
  '/',
  '/nowhere',
  '//',
  '/%',
  '/chatroom/',
  '/CHATROOM',
  '/chatroom//message',
  '/.env',
  '/queues',
  '/docs',
];

/** A target that the document does not know, or hardly. */
export const strangeTarget = fc.oneof(
  fc.constantFrom(
    ...UNKNOWN,
    '/checkout/success?session_id=x',
    '/checkout/cancel',
    '/chat%72oom',
    '/../healthz',
  ),
  text.map((name) => `/${encode(name)}`),
  text.map((name) => `/checkout/success?session_id=${encode(name)}`),
);

/** As it may stand in a request's line: nothing that would end it. */
function encode(raw: string): string {
  const escape = (letter: string) =>
    [...(letter.isWellFormed() ? Buffer.from(letter) : [0xed, 0xa0, 0x80])]
      .map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
      .join('');
  return raw.replace(/[^\x21-\x7e]/gu, escape);
}
