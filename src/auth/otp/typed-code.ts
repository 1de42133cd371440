import { toAsciiDigits } from '../../common/ascii-digits.js';

/** What people and programs put between the digits of a code: spaces, hyphens, and invisible characters such as direction marks. */
const SEPARATORS = /[\s\p{Pd}\p{Cf}]/gu;

/**
 * Reads a code as it was typed: digits of any script become ASCII digits, and separators are dropped. Other characters stay, so
 * that the code is refused as a wrong one.
 */
export function readCode(text: string): string {
  return toAsciiDigits(text.normalize('NFKC').replace(SEPARATORS, ''));
}
