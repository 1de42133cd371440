import { isEmail } from 'class-validator';
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js';
import { AppError } from '../../common/errors/app-error.js';
import type { Settings } from '../../config/settings.js';
import type { TakenIdentityRow } from './account.sql.js';

/** A mobile number or an email address, by which a person is reached and an account is found. */
export interface Identity {
  kind: 'mobile' | 'email';
  /** What is compared and unique: E.164, or the email address in lower case. */
  key: string;
  /** Where a code is sent: E.164, or the email address as it was typed. */
  address: string;
}

/** The fields of a request that name identities. */
export interface IdentityFields {
  mobile?: string | null;
  email?: string | null;
}

/**
 * Reads the one identity that a request names.
 * @param region ISO 3166-1 alpha-2 code of the country that a number without a country belongs to
 * @throws AppError `validation.failed` unless the request names exactly one, and it is well-formed
 */
export function readIdentity(fields: IdentityFields, region: string): Identity {
  const identities = readIdentities(fields, region);
  const [identity] = identities;
  if (!identity || identities.length > 1) throw invalidIdentity('mobile', 'Give either mobile or email');
  return identity;
}

/**
 * Reads every identity that a request names, at least one.
 * @param region ISO 3166-1 alpha-2 code of the country that a number without a country belongs to
 * @throws AppError `validation.failed` when the request names none, or one is malformed
 */
export function readIdentities({ mobile, email }: IdentityFields, region: string): Identity[] {
  const identities = [
    ...(typeof mobile !== 'string' ? [] : [mobileIdentity(mobile, region)]),
    ...(typeof email !== 'string' ? [] : [emailIdentity(email)]),
  ];
  if (identities.length === 0) throw invalidIdentity('mobile', 'Give mobile or email');
  return identities;
}

function mobileIdentity(text: string, region: string): Identity {
  const number = parseMobile(text, region);
  if (!number) throw invalidIdentity('mobile', 'mobile must be a phone number');
  return { kind: 'mobile', key: number, address: number };
}

function emailIdentity(text: string): Identity {
  if (!isEmail(text)) throw invalidIdentity('email', 'email must be an email address');
  return { kind: 'email', key: text.toLowerCase(), address: text };
}

/**
 * Reads a phone number. A number without a country is read as one dialled in `region`; if that is no possible number, a
 * leading `00` is read as `+`.
 * @param region ISO 3166-1 alpha-2 code
 * @returns E.164; null when the text is no phone number
 */
export function parseMobile(text: string, region: string): string | null {
  const number = text.trim();
  return parsePossible(number, region) ?? parsePossible(number.replace(/^[0０٠۰]{2}(?=\S)/, '+'), region);
}

function parsePossible(text: string, region: string): string | null {
  const phone = parsePhoneNumberFromString(text, {
    defaultCountry: region.toUpperCase() as CountryCode,
    extract: false,
  });
  if (!phone?.isPossible() || phone.ext) return null;
  // Some possible numbers are parsed as another number the second time: such a number would not be found again.
  return parsePhoneNumberFromString(phone.number)?.number === phone.number ? phone.number : null;
}

/** The error of a request whose `field` is wrong; `message` is a sentence without its full stop. */
export function invalidIdentity(field: string, message: string): AppError {
  return new AppError('validation.failed', { detail: `${message}.`, errors: [{ field, message }] });
}

/** The columns (mobile, email key) that an identity is compared with; null: not with that one. */
export function columnsOf({ kind, key }: Identity): [mobile: string | null, emailKey: string | null] {
  return kind === 'mobile' ? [key, null] : [null, key];
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
