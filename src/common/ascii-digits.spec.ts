import { toAsciiDigits } from './ascii-digits.js';

describe('toAsciiDigits', () => {
  it.each([
    ['०१२३४५६७८९', 'Devanagari'],
    ['٠١٢٣٤٥٦٧٨٩', 'Arabic-Indic'],
    ['۰۱۲۳۴۵۶۷۸۹', 'Persian'],
    ['０１２３４５６７８９', 'full-width'],
    ['০১২৩৪৫৬৭৮৯', 'Bengali'],
    ['௦௧௨௩௪௫௬௭௮௯', 'Tamil'],
    ['𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗', 'bold'],
    ['𝟶𝟷𝟸𝟹𝟺𝟻𝟼𝟽𝟾𝟿', 'monospace, the last of five rows'],
  ])('reads %s (%s)', (digits) => {
    expect(toAsciiDigits(digits)).toBe('0123456789');
  });

  it('changes nothing else', () => {
    expect(toAsciiDigits('+12 (34)-५ ½ Ⅷ ² x')).toBe('+12 (34)-5 ½ Ⅷ ² x');
  });

  it('gives every digit of Unicode the value that Unicode gives it', () => {
    const rows = [...Array(0x110000).keys()].filter((code) => /^\p{Nd}$/u.test(String.fromCodePoint(code)));
    expect(rows.length % 10).toBe(0);
    const values = rows.map((code) => Number(toAsciiDigits(String.fromCodePoint(code))));
    expect(values).toEqual(rows.map((_, at) => at % 10));
  });
});
