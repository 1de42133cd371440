/**
 * Tokens of a text, estimated without asking Gemini: four Latin code points are one token, any other code point is one.
 * Meant to err on the high side, so that what fits the estimate fits the model.
 */
export function estimateTokens(text: string): number {
  let latin = 0;
  let other = 0;
  for (const character of text) {
    if (character <= '\u024f') latin += 1;
    else other += 1;
  }
  return Math.ceil(latin / 4) + other;
}
