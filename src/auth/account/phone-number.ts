import { type CountryCode, parsePhoneNumberFromString, type PhoneNumber } from 'libphonenumber-js/max';
import { toAsciiDigits } from '../../common/ascii-digits.js';

/** Which numbers an account may have. */
export interface PhoneRules {
  /** ISO 3166-1 alpha-2 code of the country that a number without a country belongs to. */
  DEFAULT_PHONE_REGION: string;
  /** Codes of the only countries whose numbers may be added to an account; undefined: all. */
  ALLOWED_PHONE_REGIONS?: string[];
}

/** A number that was read. */
export interface ReadNumber {
  /** E.164. The same for every way to write the number. */
  number: string;
  /** The other forms under which accounts may have it: what earlier rules made of it. */
  formerNumbers: string[];
  /** Whether a new account may have it. */
  allowed: boolean;
}

/** Numbers of persons. The others (premium, shared-cost, personal, pager, free and so on) cost the sender or reach no person. */
const PERSONAL: readonly (string | undefined)[] = ['MOBILE', 'FIXED_LINE_OR_MOBILE', 'FIXED_LINE', 'VOIP'];
/** What is pasted with a number and not seen: direction marks, zero-width characters, soft hyphens. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Reads a phone number. A number without a country is read as one dialled in the default region; if that is no possible
 * number, a leading `00` is read as `+`.
 * @returns null when the text is no phone number, or one to which nothing may be sent in any case
 */
export function readNumber(text: string, rules: PhoneRules): ReadNumber | null {
  const typed = toAsciiDigits(text).replace(INVISIBLE, '').replace(/\s+/g, ' ').trim();
  const region = rules.DEFAULT_PHONE_REGION;
  const phone = parsePossible(typed, region) ?? parsePossible(typed.replace(/^00(?=\S)/, '+'), region);
  if (!phone || !mayReceive(phone)) return null;
  const one = oneForm(phone);
  const formerNumbers = [one.number.replace(/^\+549/, '+54')].filter((each) => each !== one.number);
  const allowed = one.isValid() && isAllowedRegion(one, rules.ALLOWED_PHONE_REGIONS);
  return { number: one.number, formerNumbers, allowed };
}

function parsePossible(text: string, region: string): PhoneNumber | null {
  const defaultCountry = region.toUpperCase() as CountryCode;
  const typed = parsePhoneNumberFromString(text, { defaultCountry, extract: false });
  const phone = typed && withoutMexicanPrefix(typed);
  if (!phone?.isPossible() || phone.ext) return null;
  // Some possible numbers are parsed as another number the second time: such a number would not be found again.
  return parsePhoneNumberFromString(phone.number)?.number === phone.number ? phone : null;
}

/** Satellite and other international networks have no country. An invalid number, which an account of an earlier release may have, has no type. */
function mayReceive(phone: PhoneNumber): boolean {
  return !phone.isNonGeographic() && (!phone.isValid() || PERSONAL.includes(phone.getType()));
}

/** A Mexican mobile number had a 1 from abroad until 2019, and other prefixes within the country. */
function withoutMexicanPrefix(phone: PhoneNumber): PhoneNumber | undefined {
  const { countryCallingCode, nationalNumber, ext } = phone;
  const national = nationalNumber.replace(/^(?:1|01|04[45])(?=\d{10}$)/, '');
  if (countryCallingCode !== '52' || ext || national === nationalNumber) return phone;
  return parsePhoneNumberFromString(`+52${national}`);
}

/** An Argentine mobile number is dialled from abroad with a 9 that is left out elsewhere: it is kept with the 9. */
function oneForm(phone: PhoneNumber): PhoneNumber {
  if (phone.country !== 'AR' || phone.getType() !== 'FIXED_LINE') return phone;
  const mobile = parsePhoneNumberFromString(`+549${phone.nationalNumber}`);
  return mobile?.isValid() ? mobile : phone;
}

function isAllowedRegion({ country }: PhoneNumber, regions: string[] | undefined): boolean {
  return !regions || (country !== undefined && regions.includes(country));
}
