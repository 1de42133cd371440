import { AppError } from '../../common/errors/app-error.js';
import type { Settings } from '../../config/settings.js';
import type { TakenIdentityRow } from './account.sql.js';
import { readAddress, withoutTag } from './email-address.js';
import { readNumber, type PhoneRules } from './phone-number.js';

/** A mobile number or an email address, by which a person is reached and an account is found. */
export interface Identity {
  kind: 'mobile' | 'email';
  /** What is compared and unique: E.164, or the address in ASCII and lower case. */
  key: string;
  /** Keys that earlier releases made of what was typed: an account of then may still have one of them. */
  formerKeys: string[];
  /** Where a code is sent: E.164, or the email address as it was typed. */
  address: string;
}

/** The fields of a request that name identities. */
export interface IdentityFields {
  mobile?: string | null;
  email?: string | null;
}

/**
 * Reads the one identity that a request names, by which an account is to be found. It may be one that only earlier releases
 * accepted.
 * @throws AppError `validation.failed` unless the request names exactly one, and it is well-formed
 */
export function readIdentity(fields: IdentityFields, rules: PhoneRules): Identity {
  return onlyOne(readAll(fields, rules)).identity;
}

/**
 * Reads the one identity that a request names, which an account is to get.
 * @throws AppError `validation.failed` unless the request names exactly one, and an account may have it
 */
export function readNewIdentity(fields: IdentityFields, rules: PhoneRules): Identity {
  return requireAllowed(onlyOne(readAll(fields, rules)));
}

/**
 * Reads every identity that a request names for a new account, at least one.
 * @throws AppError `validation.failed` when the request names none, or an account may not have one
 */
export function readNewIdentities(fields: IdentityFields, rules: PhoneRules): Identity[] {
  return readAll(fields, rules).map(requireAllowed);
}

interface ReadIdentity {
  identity: Identity;
  /** Whether a new account may have it. */
  allowed: boolean;
}

function readAll({ mobile, email }: IdentityFields, rules: PhoneRules): ReadIdentity[] {
  const identities = [
    ...(typeof mobile !== 'string' ? [] : [readMobile(mobile, rules)]),
    ...(typeof email !== 'string' ? [] : [readEmail(email)]),
  ];
  if (identities.length === 0) throw invalidIdentity('mobile', 'Give mobile or email');
  return identities;
}

function onlyOne(identities: ReadIdentity[]): ReadIdentity {
  const [identity] = identities;
  if (!identity || identities.length > 1) throw invalidIdentity('mobile', 'Give either mobile or email');
  return identity;
}

function requireAllowed({ identity, allowed }: ReadIdentity): Identity {
  if (allowed) return identity;
  throw identity.kind === 'mobile'
    ? invalidIdentity('mobile', 'mobile must be a phone number to which messages may be sent')
    : invalidIdentity('email', 'email must have a name of ASCII characters without quotes before its @');
}

function readMobile(text: string, rules: PhoneRules): ReadIdentity {
  const read = readNumber(text, rules);
  if (!read) throw invalidIdentity('mobile', 'mobile must be a phone number to which messages may be sent');
  const { number, formerNumbers, allowed } = read;
  return { identity: { kind: 'mobile', key: number, formerKeys: formerNumbers, address: number }, allowed };
}

function readEmail(text: string): ReadIdentity {
  const read = readAddress(text);
  if (!read) throw invalidIdentity('email', 'email must be an email address');
  const { allowed, ...identity } = read;
  return { identity: { kind: 'email', ...identity }, allowed };
}

/** Every key under which an account may have an identity; the first is the one that a new account gets. */
export function keysOfIdentity({ key, formerKeys }: Identity): string[] {
  return [key, ...formerKeys];
}

/**
 * What counts the use of an identity (messages sent, the day's quota): all addresses of one mailbox are one.
 * @param key of an identity
 */
export function useKeyOf({ key }: Pick<Identity, 'key'>): string {
  return key.includes('@') ? withoutTag(key) : key;
}

/** The error of a request whose `field` is wrong; `message` is a sentence without its full stop. */
export function invalidIdentity(field: string, message: string): AppError {
  return new AppError('validation.failed', { detail: `${message}.`, errors: [{ field, message }] });
}

/** What the columns (mobile, email key) are compared with for an identity. */
export function columnsOf(identity: Identity): [mobiles: string[], emailKeys: string[]] {
  const keys = keysOfIdentity(identity);
  return identity.kind === 'mobile' ? [keys, []] : [[], keys];
}

export type TakenCode = 'auth.mobile_taken' | 'auth.email_taken';

/**
 * Requires that no verified account has the identities.
 * @param taken the accounts that have them
 * @param onRefusal called with the error's code before the error is thrown
 * @throws AppError `auth.mobile_taken`, `auth.email_taken`
 */
export function requireFree(taken: TakenIdentityRow[], onRefusal: (code: TakenCode) => void): void {
  if (taken.length === 0) return;
  const code = taken.some(({ mobile }) => mobile) ? 'auth.mobile_taken' : 'auth.email_taken';
  onRefusal(code);
  throw new AppError(code);
}

/**
 * Requires that a code can be sent to the identities: email addresses need a mail server.
 * @throws AppError `validation.failed`
 */
export function requireReachable(identities: Identity[], { OTP_DELIVERY, SMTP_URL }: Settings): void {
  if (OTP_DELIVERY === 'response' || SMTP_URL || identities.every(({ kind }) => kind === 'mobile')) return;
  throw invalidIdentity('email', 'email cannot be used here: no codes are sent by email');
}
