/** Code points. */
export const CONTENT_MAX = 32_000;
const TITLE_WORDS = 8;
const TITLE_MAX = 60;

/** The opening words of a first prompt, as a room's title. */
export function titleOf(content: string): string {
  const words = content.trim().split(/\s+/u);
  const opening = [...words.slice(0, TITLE_WORDS).join(' ')];
  const cut = opening.length > TITLE_MAX || words.length > TITLE_WORDS;
  return cut ? `${opening.slice(0, TITLE_MAX).join('').trimEnd()}…` : opening.join('');
}
