const TITLE_WORDS = 8;
/** Code points. */
const TITLE_MAX = 60;

/** The opening words of a first prompt, as a room's title. An ellipsis shows that words were left out. */
export function titleOf(content: string): string {
  const words = content.trim().split(/\s+/u);
  const opening = [...words.slice(0, TITLE_WORDS).join(' ')];
  const isCut = opening.length > TITLE_MAX || words.length > TITLE_WORDS;
  return isCut ? `${opening.slice(0, TITLE_MAX).join('').trimEnd()}…` : opening.join('');
}
