import { dictionary } from '@zxcvbn-ts/language-common';

/** Length of a password in code points. */
export const MIN_PASSWORD = 8;
export const MAX_PASSWORD = 128;

/** What is known of the person who chooses a password. */
export interface PasswordOwner {
  /** Keys of the identities. */
  identities: string[];
  name?: string | null;
}

const COMMON: ReadonlySet<string> = new Set(
  dictionary['passwords-common'].filter((word) => word.length >= MIN_PASSWORD),
);
const PRODUCT = ['geminichat', 'gemini'];
/** Less than this many letters and digits beside what anybody knows of the person are no password. */
const MIN_REST = 5;
/** Shorter parts of names occur in other words. */
const MIN_PART = 3;

const INVISIBLE = /[\p{Cc}\p{Default_Ignorable_Code_Point}\u2028\u2029]/u;

/**
 * The form in which a password is hashed and compared (RFC 8265, OpaqueString): what one keyboard composes and another does
 * not is the same, and so are all spaces.
 */
export function normalizePassword(password: string): string {
  return password.replace(/\p{Zs}/gu, ' ').normalize('NFC');
}

/** Why a password is refused, as the end of a sentence whose subject is the password; null: it is accepted. */
export function findWeakness(password: string, owner: PasswordOwner): string | null {
  const text = normalizePassword(password);
  if (INVISIBLE.test(text)) return 'must not contain invisible characters';
  if (text.trim() === '') return 'must not be only spaces';
  if ([...text].length < MIN_PASSWORD) return `must have at least ${MIN_PASSWORD} characters`;
  if (new Set(text).size === 1) return 'must not repeat one character';
  if (COMMON.has(text.toLowerCase())) return 'is too common';
  return findPersonal(text, owner);
}

function findPersonal(text: string, { identities, name }: PasswordOwner): string | null {
  const parts: [words: string[], weakness: string][] = [
    [identities.flatMap(partsOfIdentity), 'must not be your number or address'],
    [partsOfName(name ?? ''), 'must not be your name'],
    [PRODUCT, 'must not be the name of this product'],
  ];
  const letters = lettersOf(text);
  const known = parts.filter(([words]) => words.some((word) => letters.includes(word)));
  const words = known.flatMap(([each]) => each).sort((a, b) => b.length - a.length);
  const rest = words.reduce((left, word) => left.replaceAll(word, ''), letters);
  return [...rest].length < MIN_REST ? (known[0]?.[1] ?? null) : null;
}

/** A number is known with and without its country, whose code has one to three digits; an address with and without its domain. */
function partsOfIdentity(key: string): string[] {
  if (!key.includes('@')) {
    const digits = lettersOf(key);
    return [digits, ...[1, 2, 3].map((length) => digits.slice(length))].filter((part) => part.length >= 6);
  }
  const [local = '', domain = ''] = key.split('@');
  return partsOfName(local.replace(/[^\p{L}\p{N}]+/gu, ' ')).concat([
    lettersOf(local),
    lettersOf(key),
    lettersOf(domain),
  ]);
}

function partsOfName(name: string): string[] {
  return name
    .split(/\s+/)
    .map(lettersOf)
    .filter((part) => part.length >= MIN_PART);
}

const lettersOf = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
