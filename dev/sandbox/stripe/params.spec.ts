import { parseForm } from './params.js';

describe('form bodies', () => {
  it('reads nested groups and lists as the SDK writes them', () => {
    const body =
      'mode=subscription&line_items[0][price]=price_1&line_items[1][price]=price_2&metadata[a%20b]=c%26d';
    expect(JSON.parse(JSON.stringify(parseForm(body)))).toEqual({
      mode: 'subscription',
      line_items: [{ price: 'price_1' }, { price: 'price_2' }],
      metadata: { 'a b': 'c&d' },
    });
  });

  it('reads appended lists and ranges', () => {
    expect(JSON.parse(JSON.stringify(parseForm('expand[]=a&expand[]=b&created[gte]=5')))).toEqual({
      expand: ['a', 'b'],
      created: { gte: '5' },
    });
  });

  it('takes a field named like a part of the prototype as a field', () => {
    parseForm('__proto__[polluted]=1&constructor[prototype][polluted]=1');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
