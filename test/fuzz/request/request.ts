import fc from 'fast-check';
import type { Operation } from '../answer/document.js';
import { body, type Body } from './body.js';
import type { Principals, Role } from './principals.js';
import { authorization, extraHeaders, type Header, type Who } from './header.js';
import { GIBBERISH } from './gibberish.js';
import { strangeTarget, target } from './target.js';
import { toBytes } from './text.js';
import type { Sent } from '../../support/wire.js';

/** A request, with placeholders for what is only known when it is sent. */
export interface Request {
  who: Who;
  method: string;
  target: string;
  headers: Header[];
  body?: Body;
  /** The client falls silent after this share of the bytes. */
  cut?: number;
  /** Instead of all the rest: bytes that are hardly HTTP. */
  gibberish?: string;
}

const who = fc.constantFrom<Who>('nobody', 'owner', 'stranger', 'stranger');
const STRANGE_METHODS = [
  'PUT',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'DELETE',
  'PATCH',
  'POST',
  'GET',
  'NONSENSE',
];

/** Requests for every operation of the document, for what it does not know, and some that are none. */
export function request(operations: Operation[]): fc.Arbitrary<Request> {
  const chat = operations.filter(({ path }) => path.startsWith('/chatroom'));
  const known = fc
    .constantFrom(...operations, ...chat, ...chat)
    .chain((operation) => made(operation, fc.constant(operation.method.toUpperCase()), target(operation)));
  const wrongMethod = fc
    .constantFrom(...operations)
    .chain((operation) => made(operation, fc.constantFrom(...STRANGE_METHODS), target(operation)));
  const strange = fc
    .constantFrom(...operations)
    .chain((operation) => made(operation, fc.constantFrom('GET', 'POST', ...STRANGE_METHODS), strangeTarget));
  const none = fc
    .constantFrom(...GIBBERISH)
    .map((gibberish): Request => ({ who: 'nobody', method: '', target: '', headers: [], gibberish }));
  return fc.oneof(
    { weight: 20, arbitrary: known },
    { weight: 2, arbitrary: wrongMethod },
    { weight: 2, arbitrary: strange },
    { weight: 1, arbitrary: none },
  );
}

function made(
  operation: Operation,
  method: fc.Arbitrary<string>,
  aim: fc.Arbitrary<string>,
): fc.Arbitrary<Request> {
  const papers = who.chain((one) => fc.tuple(fc.constant(one), authorization(one)));
  const cut = fc.oneof(
    { weight: 25, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }) },
  );
  return fc
    .tuple(papers, method, aim, extraHeaders, body(operation), cut)
    .map(([[one, shown], verb, line, extra, given, stop]) => ({
      who: one,
      method: verb,
      target: line,
      headers: [...shown, ...extra],
      ...(verb !== 'GET' && verb !== 'HEAD' && { body: given }),
      ...(stop !== undefined && { cut: stop }),
    }));
}

/** Its bytes, as a client that closes afterwards sends them. With `missing` what belongs to that role is nobody's. */
export function write(asked: Request, principals: Principals, missing?: Role): Sent {
  if (asked.gibberish !== undefined) {
    const [text = '', half] = asked.gibberish.split('«silence»');
    return { bytes: toBytes(principals.fill(text)), half: half !== undefined };
  }
  const { type, text = '' } = asked.body ?? {};
  const content = toBytes(principals.fill(text, missing));
  const headers: Header[] = [
    ['Host', 'fuzz.example'],
    ['Connection', 'close'],
    ...asked.headers.map(([name, value]): Header => [name, principals.fill(value)]),
    ...(type === undefined ? [] : [['Content-Type', type] satisfies Header]),
    ...(asked.body ? [['Content-Length', String(content.length)] satisfies Header] : []),
  ];
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = toBytes(`${asked.method} ${principals.fill(asked.target, missing)} HTTP/1.1\r\n${lines}\r\n`);
  const bytes = Buffer.concat([head, content]);
  if (asked.cut === undefined) return { bytes, half: false };
  return { bytes: bytes.subarray(0, Math.max(1, Math.floor(bytes.length * asked.cut))), half: true };
}
