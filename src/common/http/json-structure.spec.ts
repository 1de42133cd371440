import { requireSmallStructure } from './json-structure.js';

const refusal = (json: string): string | null => {
  try {
    requireSmallStructure(Buffer.from(json));
    return null;
  } catch (error) {
    return (error as Error).message;
  }
};
const list = (length: number, item = '1') => `[${Array.from({ length }, () => item).join(' , ')}]`;
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('the structure of a body', () => {
  it.each([
    ['an array', list(500), list(501)],
    ['empty arrays', list(500, '[ ]'), list(501, '[ ]')],
    ['pairs', list(166, '[1, 2]'), list(167, '[1, 2]')],
    ['an object', `{"a":${list(499)}}`, `{"a":${list(500)}}`],
    ['equal names', `{${'"a":1,'.repeat(499)}"a":1}`, `{${'"a":1,'.repeat(500)}"a":1}`],
  ])('has at most 500 values: %s', (_, most, more) => {
    expect(refusal(most)).toBeNull();
    expect(refusal(more)).toBe('There are too many values.');
  });

  it('has at most 32 levels', () => {
    expect(refusal(nested(32))).toBeNull();
    expect(refusal(nested(33))).toBe('The body nests too deep.');
    expect(refusal('{"a":'.repeat(33))).toBe('The body nests too deep.');
  });

  it('is not looked for in texts', () => {
    const signs = ',[{'.repeat(1_000);
    expect(refusal(JSON.stringify({ content: `${signs}\\" ${signs}\\\\`, [signs]: 1 }))).toBeNull();
    expect(refusal(`{"a":"\\\\",${list(501).slice(1, -1)}}`)).toBe('There are too many values.');
  });

  it.each(['', '"', '"\\', '}', ']]', '{', '\u0000', 'null'])('leaves %j to the parser', (json) => {
    expect(refusal(json)).toBeNull();
  });
});
