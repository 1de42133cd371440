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

/** A prompt and its finished reply. */
export interface Turn {
  prompt: string;
  reply: string;
}

export interface Content {
  role: 'user' | 'model';
  text: string;
}

export interface Window {
  /** Oldest first, beginning and ending with the user. */
  contents: Content[];
  /** Some of the history was left out. */
  trimmed: boolean;
}

/**
 * What Gemini sees: the prompt, and before it the newest whole turns that fit both limits.
 * `turns` come newest first; `maxMessages` counts history only, `maxTokens` (estimated) the prompt too.
 */
export function historyWindow(
  turns: Turn[],
  prompt: string,
  limits: { maxMessages: number; maxTokens: number },
): Window {
  const kept: Turn[] = [];
  let tokens = estimateTokens(prompt);
  for (const turn of turns) {
    tokens += estimateTokens(turn.prompt) + estimateTokens(turn.reply);
    if (tokens > limits.maxTokens || (kept.length + 1) * 2 > limits.maxMessages) break;
    kept.push(turn);
  }
  const history = kept.reverse().flatMap(({ prompt, reply }): Content[] => [
    { role: 'user', text: prompt },
    { role: 'model', text: reply },
  ]);
  return { contents: [...history, { role: 'user', text: prompt }], trimmed: kept.length < turns.length };
}

/** Turns to read from the database: one more than fit, so that it shows whether something is left out. */
export const turnsToRead = (maxMessages: number) => Math.floor(maxMessages / 2) + 1;
