import { isEmail } from 'class-validator';
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js';
import { AppError } from '../../common/errors/app-error.js';
import type { Settings } from '../../config/settings.js';
import type { TakenRow } from './account.sql.js';

/** One way to reach and to recognise a person. */
export interface Identity {
  kind: 'mobile' | 'email';
  /** What is compared and stored as the key: E.164, or the address in lower case. */
  key: string;
  /** Where a code goes: E.164, or the address as it was typed. */
  address: string;
}

export interface IdentityFields {
  mobile?: string | null;
  email?: string | null;
}

/**
 * The one identity that a request names.
 * @throws AppError `validation.failed` unless it is exactly one, well-formed
 */
export function readIdentity(fields: IdentityFields, region: string): Identity {
  const identities = readIdentities(fields, region);
  const [identity] = identities;
  if (!identity || identities.length > 1) throw invalidIdentity('mobile', 'Give either mobile or email');
  return identity;
}

/**
 * Every identity that a request names, at least one.
 * @throws AppError `validation.failed` when there is none, or one is malformed
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
 * E.164; null for what is no phone number. A number without a country is one of `region`, dialled as it is there; where
 * that makes no sense, `00` stands for `+`.
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
  // Some of what is possible is read as another number when it is read again: it is nobody's.
  return parsePhoneNumberFromString(phone.number)?.number === phone.number ? phone.number : null;
}

/** A 400 that names the field. */
export function invalidIdentity(field: string, message: string): AppError {
  return new AppError('validation.failed', { detail: `${message}.`, errors: [{ field, message }] });
}

export type TakenCode = 'auth.mobile_taken' | 'auth.email_taken';

/** @param refused told why, before it throws @throws AppError `auth.mobile_taken`, `auth.email_taken` */
export function requireFree(taken: TakenRow[], refused: (reason: TakenCode) => void): void {
  if (taken.length === 0) return;
  const reason = taken.some(({ mobile }) => mobile) ? 'auth.mobile_taken' : 'auth.email_taken';
  refused(reason);
  throw new AppError(reason);
}

/** Without a mail server a code could never arrive. @throws AppError `validation.failed` */
export function requireReachable(identities: Identity[], { OTP_DELIVERY, SMTP_URL }: Settings): void {
  if (OTP_DELIVERY === 'response' || SMTP_URL || identities.every(({ kind }) => kind === 'mobile')) return;
  throw invalidIdentity('email', 'email cannot be used here: no codes are sent by email');
}
