const DIGIT = /\p{Nd}/gu;
const ONE_DIGIT = /^\p{Nd}$/u;

/** Writes the decimal digits of every script as 0 to 9; nothing else changes. */
export function toAsciiDigits(text: string): string {
  return text.replace(DIGIT, (digit) => (digit <= '9' ? digit : String(valueOf(digit))));
}

/** Unicode encodes the ten digits of a script in a row, from zero on, and such rows follow one another without a gap or not at all. */
function valueOf(digit: string): number {
  let before = digit.codePointAt(0) ?? 0;
  let distance = -1;
  do {
    before -= 1;
    distance += 1;
  } while (ONE_DIGIT.test(String.fromCodePoint(before)));
  return distance % 10;
}
