import fc from 'fast-check';
import type { Operation } from '../answer/document.js';
import { damage } from './damage.js';
import { text } from './text.js';

export interface Body {
  type: string | undefined;
  /** With `«byte:ff»` for bytes that are no text. */
  text: string;
}

/** Numbers that JSON.stringify would not write; they stand in the text as they are. */
const NUMERALS = [
  '1e400',
  '-1e400',
  '9007199254740993',
  '1E+2',
  '-0',
  '0.1e-400',
  '123456789012345678901234567890',
];

const leaf = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 2 ** 53 + 2) },
  { weight: 1, arbitrary: fc.constantFrom(...NUMERALS.map((numeral) => `«raw:${numeral}»`)) },
);

/** Any JSON value. */
const value = fc.oneof(
  { weight: 6, arbitrary: leaf },
  { weight: 1, arbitrary: fc.array(leaf, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.dictionary(text, leaf, { maxKeys: 3 }) },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 20, max: 3_000 })
      .map((depth) => `«raw:${'['.repeat(depth)}${']'.repeat(depth)}»`),
  },
);

const STRANGE_FIELDS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'id',
  'userId',
  'role',
  'status',
  '',
  'a.b',
  '$where',
];

/** A good body, or one with a single fault. */
function fields({ example = {}, fields: names }: Operation): fc.Arbitrary<string> {
  const good = fc.constantFrom<Record<string, unknown>>(example, { ...example, ...known(example) });
  const name = fc.constantFrom(...(names.length > 0 ? names : ['content']));
  const change = (base: Record<string, unknown>, key: string, put: unknown) =>
    Object.entries(base)
      .filter(([field]) => field !== key)
      .concat([[key, put]]);
  return fc.oneof(
    { weight: 4, arbitrary: good.map((base) => write(Object.entries(base))) },
    { weight: 5, arbitrary: fc.tuple(good, name, value).map((parts) => write(change(...parts))) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(good, name)
        .map(([base, key]) => write(Object.entries(base).filter(([field]) => field !== key))),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(good, fc.constantFrom(...STRANGE_FIELDS), value)
        .map((parts) => write(change(...parts))),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(good, name, value)
        .map(([base, key, put]) => write([[key, put], ...Object.entries(base)])),
    },
    { weight: 1, arbitrary: value.map(stringify) },
  );
}

/** Somebody's own values, where a field means a person. */
function known(example: Record<string, unknown>): Record<string, string> {
  return 'mobile' in example ? { mobile: '«owner.mobile»' } : {};
}

/** Written by hand: an object would swallow what comes twice, and `__proto__`. */
const write = (entries: [string, unknown][]) =>
  `{${entries.map(([key, put]) => `${JSON.stringify(key)}:${stringify(put)}`).join(',')}}`;

const stringify = (put: unknown) => JSON.stringify(put).replace(/"«raw:(.*?)»"/g, '$1');

const JSON_TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/problem+json',
  'APPLICATION/JSON',
];
const OTHER_TYPES = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json5',
  '',
  'nonsense',
  'application/json, text/plain',
];

export function body(operation: Operation): fc.Arbitrary<Body> {
  const type = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom<string | undefined>(...JSON_TYPES) },
    { weight: 1, arbitrary: fc.constantFrom(...OTHER_TYPES, undefined) },
  );
  const sent = fc.tuple(type, fields(operation), damage);
  const none: fc.Arbitrary<Body> = type.map((named) => ({ type: named, text: '' }));
  const some: fc.Arbitrary<Body> = sent.map(([named, json, spoil]) => ({ type: named, text: spoil(json) }));
  const weight = operation.example ? 9 : 1;
  return fc.oneof({ weight, arbitrary: some }, { weight: 1, arbitrary: none });
}
