import fc from 'fast-check';

/** What is done to a text that was JSON. */
export const damage = fc.oneof(
  { weight: 12, arbitrary: fc.constant((json: string) => json) },
  { weight: 1, arbitrary: fc.nat(60).map((length) => (json: string) => json.slice(0, length)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('«byte:efbbbf»', '\u00a0', '«byte:ff»', ' ', '\0', ")]}',", '«byte:fffe»')
      .map((before) => (json: string) => before + json),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('x', ',', '}', '«byte:c3»', ' ', '\0', 'null')
      .map((after) => (json: string) => json + after),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('«byte:ff»', '«byte:c080»', '«byte:eda080»', '\u0001', '«byte:f5808080»')
      .map((within) => (json: string) => json.replace(/"/, `"${within}`)),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      (json: string) => json.replaceAll('"', "'"),
      () => '',
      () => 'x'.repeat(300_000),
    ),
  },
);
