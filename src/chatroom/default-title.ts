import { isBlank } from '../common/http/not-blank.decorator.js';

/** The title of a room until a person or its first prompt names it. */
export const DEFAULT_TITLE = 'New chat';

const WORDS = 8;
/** Graphemes: what a reader takes for one character. */
const LONGEST = 60;
/** Code points, as of every title: one grapheme alone may have thousands. */
const LONGEST_STORED = 199;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * The opening words of a first prompt, as a room's title. An ellipsis shows that words were left out.
 * @returns `DEFAULT_TITLE` where the prompt begins with a grapheme that is too long for a title
 */
export function titleOf(content: string): string {
  const words = content.split(/\s+/u).filter((word) => !isBlank(word));
  const opening = words.slice(0, WORDS).join(' ');
  const title = cut(opening);
  if (isBlank(title)) return DEFAULT_TITLE;
  return title.length < opening.length || words.length > WORDS ? `${title.trimEnd()}…` : title;
}

/** As many whole graphemes as a title has room for. */
function cut(text: string): string {
  let [length, units, points] = [0, 0, 0];
  for (const { segment } of graphemes.segment(text)) {
    points += [...segment].length;
    if (++length > LONGEST || points > LONGEST_STORED) break;
    units += segment.length;
  }
  return text.slice(0, units);
}
