import type { Conversation, Usage } from './wire.js';

const CODE_POINTS_PER_TOKEN = 4;

/** The one estimate used for prompt, reply and thoughts alike: four code points are a token, rounded up. */
export function countTokens(text: string): number {
  return Math.ceil([...text].length / CODE_POINTS_PER_TOKEN);
}

/** The longest prefix of a text with at most so many tokens. */
export function cutToTokens(text: string, tokens: number): string {
  return [...text].slice(0, Math.max(0, tokens) * CODE_POINTS_PER_TOKEN).join('');
}

/** Every turn and the system instruction are counted on their own. */
export function countPromptTokens(conversation: Conversation): number {
  const texts = [conversation.systemInstruction, ...conversation.turns.map((turn) => turn.text)];
  return texts.reduce((sum, text) => sum + countTokens(text), 0);
}

/** Usage whose total is the sum of its parts; cached tokens are a share of the prompt's. Zeros are left out, as on Google's wire. */
export function usageOf(prompt: number, visible: string, thoughts: string, cached: number): Usage {
  const candidates = countTokens(visible);
  const thinking = countTokens(thoughts);
  return {
    promptTokenCount: prompt,
    ...(candidates > 0 && { candidatesTokenCount: candidates }),
    ...(thinking > 0 && { thoughtsTokenCount: thinking }),
    ...(cached > 0 && { cachedContentTokenCount: Math.min(cached, prompt) }),
    totalTokenCount: prompt + candidates + thinking,
  };
}
