import fc from 'fast-check';

/** What has broken a program before, somewhere. */
const NOTORIOUS = [
  ...['', ' ', '\t', '\0', 'a\0b', '\ud800', 'x\udfffy', '\u2028', '\u00a0', '\ufeff', '\u200b', '\u202e'],
  ...['__proto__', 'constructor', 'toString', 'null', 'undefined', 'NaN', 'true', '[object Object]'],
  ...[
    '0',
    '-1',
    '1',
    '1.5',
    '1e3',
    '0x10',
    '0b1',
    '+5',
    ' 5',
    '5 ',
    '٣',
    '１２',
    '9007199254740993',
    '1e400',
  ],
  ...[
    "' OR 1=1 --",
    '"; DROP TABLE message; --',
    '%',
    '_',
    '\\',
    '../../etc/passwd',
    '..\\',
    '<script>',
    '${7*7}',
  ],
  ...['🙂', 'e\u0301', 'İ', 'ß', '👩‍👩‍👧', 'ﷺ', 'x\r\nX-Injected: yes', '+91 98765 43210', 'Ada@Example.com'],
];

/** Texts at the limits of what may be said, and beyond. */
const long = fc
  .tuple(
    fc.constantFrom('a', 'é', '🙂', ' ', '"'),
    fc.constantFrom(100, 101, 200, 201, 8_001, 32_000, 32_001),
  )
  .map(([letter, times]) => letter.repeat(times));

export const text = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NOTORIOUS) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 30 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  { weight: 1, arbitrary: long },
);

/** The bytes of a text in which `«byte:ff»` stands for a byte that is no text. */
export function toBytes(marked: string): Buffer {
  const pieces = marked.split(/«byte:((?:[0-9a-f]{2})+)»/);
  return Buffer.concat(pieces.map((piece, at) => Buffer.from(piece, at % 2 ? 'hex' : 'utf8')));
}
