import { itemsThatFit, PAGE_BYTES, pageJson } from './json-page.js';

const item = (bytes: number) => ({ text: 'x'.repeat(bytes - '{"text":""}'.length) });
const size = (items: object[], used = 0) =>
  Buffer.byteLength(pageJson(itemsThatFit(items, used), 'c'.repeat(100))) + used;

it('keeps every item of a page that is small enough', () => {
  const items = Array.from({ length: 100 }, () => item(10_000));
  expect(itemsThatFit(items).map((text) => JSON.parse(text))).toEqual(items);
});

it.each([0, 50_000])('ends a page before it is too large, with %i bytes beside it', (used) => {
  const items = Array.from({ length: 100 }, () => item(100_000));
  const count = itemsThatFit(items, used).length;
  expect(count).toBeLessThan(items.length);
  expect(size(items, used)).toBeLessThanOrEqual(PAGE_BYTES);
  expect(size(items, used)).toBeGreaterThan(PAGE_BYTES - 100_000 - 1_000);
});

it('counts bytes of JSON, not characters', () => {
  const escaped = Array.from({ length: 10 }, () => ({ text: '\u0001'.repeat(30_000) }));
  const wide = Array.from({ length: 10 }, () => ({ text: '😀'.repeat(32_000) }));
  for (const items of [escaped, wide]) expect(size(items)).toBeLessThanOrEqual(PAGE_BYTES);
  expect([itemsThatFit(escaped).length, itemsThatFit(wide).length]).toEqual([5, 8]);
});

it('has one item at least, whatever its size', () => {
  expect(itemsThatFit([item(2 * PAGE_BYTES), item(20)])).toHaveLength(1);
  expect(itemsThatFit([])).toEqual([]);
});

it('is JSON', () => {
  expect(JSON.parse(pageJson(['{"a":1}', '{"b":"\\""}'], null))).toEqual({
    data: [{ a: 1 }, { b: '"' }],
    nextCursor: null,
  });
});
