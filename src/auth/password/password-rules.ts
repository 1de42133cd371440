import { dictionary } from '@zxcvbn-ts/language-common';

/** Code points. */
export const MIN_PASSWORD = 8;
export const MAX_PASSWORD = 128;

const COMMON: ReadonlySet<string> = new Set(
  dictionary['passwords-common'].filter((word) => word.length >= MIN_PASSWORD),
);

/** Whether a password is among those that are tried first, whatever the case of its letters. */
export function isCommonPassword(password: string): boolean {
  return COMMON.has(password.toLowerCase());
}
