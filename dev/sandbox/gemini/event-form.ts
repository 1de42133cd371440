import { InvalidDirective } from './directive.js';

/** How the events of a stream are written: every form here is a legal event stream. */
export interface EventForm {
  lineEnd: string;
  /** A space follows the colon of `data:`. */
  space: boolean;
  /** `event:` and `id:` stand before the data. */
  fields: boolean;
  /** The JSON is spread over several data lines. */
  lines: boolean;
  /** A comment stands before each event. */
  comments: boolean;
  /** The stream begins with a byte order mark. */
  mark: boolean;
  /** U+2028 and U+2029 stand in the JSON as they are; Google escapes them. */
  raw: boolean;
  /** Each byte is sent on its own. */
  bytes: boolean;
}

/** As Google writes them. */
export const GOOGLE_FORM: EventForm = {
  lineEnd: '\r\n',
  space: true,
  fields: false,
  lines: false,
  comments: false,
  mark: false,
  raw: false,
  bytes: false,
};

const WORDS: Record<string, Partial<EventForm>> = {
  lf: { lineEnd: '\n' },
  cr: { lineEnd: '\r' },
  tight: { space: false },
  fields: { fields: true },
  lines: { lines: true },
  comments: { comments: true },
  mark: { mark: true },
  raw: { raw: true },
  bytes: { bytes: true },
};

/** The form that the words of a directive ask for. @throws InvalidDirective for another word */
export function readForm(words: string[]): EventForm {
  return words.reduce<EventForm>((form, word) => {
    const change = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    if (!change) throw new InvalidDirective(`${word} is no form of events`);
    return { ...form, ...change };
  }, GOOGLE_FORM);
}

/** One event. @param number of the event in its stream, from 0 */
export function writeEvent(data: unknown, form: EventForm, number: number): string {
  const json = JSON.stringify(data, null, form.lines ? 2 : undefined);
  const safe = form.raw ? json : json.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  const colon = form.space ? 'data: ' : 'data:';
  const lines = [
    ...(form.comments ? [`: event ${number} follows`] : []),
    ...(form.fields ? ['event: message', `id: ${number}`] : []),
    ...safe.split('\n').map((line) => colon + line),
    '',
  ];
  const mark = form.mark && number === 0 ? '\uFEFF' : '';
  return mark + lines.map((line) => line + form.lineEnd).join('');
}
