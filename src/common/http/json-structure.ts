import { AppError } from '../errors/app-error.js';

/** Deeper than any valid body. */
export const MAX_DEPTH = 32;
/** More members and elements than any valid body has, those of all objects and arrays together. */
export const MAX_VALUES = 500;

/** What a byte outside of texts is: a table, because a body may have half a million bytes. */
const KINDS = new Uint8Array(256);
const BLANK = 1;
const COMMA = 2;
const OPENING = 3;
const CLOSING = 4;
const TEXT = 5;
for (const [kind, signs] of [
  [BLANK, '\t\n\r '],
  [COMMA, ','],
  [OPENING, '[{'],
  [CLOSING, ']}'],
  [TEXT, '"'],
] as const)
  for (const sign of signs) KINDS[sign.charCodeAt(0)] = kind;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Refuses JSON of too many values or levels. It looks at each byte once and makes nothing of them: to parse 80,000 small
 * values first, and to refuse them then, would take as long as fifty ordinary requests.
 * @param json the bytes of a body; what is not JSON is left to the parser
 * @throws AppError `request.malformed`
 */
export function requireSmallStructure(json: Buffer): void {
  let values = 0;
  let depth = 0;
  /** The last byte opened an object or an array: unless the next one closes it, it begins a value. */
  let opened = false;
  for (let at = 0; at < json.length; at++) {
    const kind = KINDS[json[at] ?? 0];
    if (kind === BLANK) continue;
    if (kind === COMMA || (opened && kind !== CLOSING)) values++;
    opened = kind === OPENING;
    if (opened) depth++;
    else if (kind === CLOSING) depth--;
    else if (kind === TEXT) at = endOfText(json, at);
    if (values > MAX_VALUES) throw tooMuch('There are too many values.');
    if (depth > MAX_DEPTH) throw tooMuch('The body nests too deep.');
  }
}

/** The index of the quotation mark that ends the text which begins at `start`. */
function endOfText(json: Buffer, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1;
  return at;
}

function tooMuch(detail: string): AppError {
  return new AppError('request.malformed', { detail });
}
