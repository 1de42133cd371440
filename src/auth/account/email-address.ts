import { domainToASCII, domainToUnicode } from 'node:url';
import { isEmail } from 'class-validator';

/** An email address that was read. */
export interface ReadAddress {
  /** The same for every way to write the address: ASCII, in lower case. */
  key: string;
  /** The other keys under which accounts may have it: what earlier rules made of it. */
  formerKeys: string[];
  /** Where mail is sent: as it was typed, or its ASCII form where it was typed with other characters. */
  address: string;
  /** Whether a new account may have it. */
  allowed: boolean;
}

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;
const ASCII = /^[\x21-\x7e]+$/;
/** The letters and separators of a domain before it is encoded; `domainToASCII` would take a path or a port off. */
const DOMAIN = /^[\p{L}\p{M}\p{N}.\u3002-]+$/u;

/**
 * Reads an email address.
 * @returns null when the text is no address, or has invisible characters
 */
export function readAddress(text: string): ReadAddress | null {
  if (INVISIBLE.test(text)) return null;
  const former = isEmail(text) ? text.toLowerCase() : null;
  const ascii = toAscii(text);
  if (!ascii) return former ? { key: former, formerKeys: [], address: text, allowed: false } : null;
  const key = ascii.toLowerCase();
  const [local, domain] = partsOf(key);
  const formerKeys = [former, `${local}@${domainToUnicode(domain)}`];
  return {
    key,
    formerKeys: [...new Set(formerKeys)].filter((each) => each !== null && each !== key) as string[],
    address: ASCII.test(text) ? text : ascii,
    allowed: true,
  };
}

/** The mailbox of an address without the `+tag` that its owner may choose freely. @param key of an email address */
export function withoutTag(key: string): string {
  return key.replace(/^([^+]+)\+.*(?=@[^@]*$)/, '$1');
}

/** The address in compatibility form with an encoded domain; null unless its local part is then ASCII without quotes. */
function toAscii(text: string): string | null {
  const [local, domain] = partsOf(text.normalize('NFKC'));
  if (!DOMAIN.test(domain) || !ASCII.test(local) || local.includes('"')) return null;
  const address = `${local}@${domainToASCII(domain)}`;
  return isEmail(address) ? address : null;
}

function partsOf(text: string): [local: string, domain: string] {
  const at = text.lastIndexOf('@');
  return [text.slice(0, Math.max(at, 0)), text.slice(at + 1)];
}
