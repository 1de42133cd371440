import type { Fault } from './fault.js';
import type { Plan } from './plan.js';
import { composeReply } from './reply-text.js';
import { countPromptTokens, countTokens, cutToTokens, usageOf } from './token-count.js';
import type { GenerateContentResponse, Conversation, Part } from './wire.js';

const WORDS_PER_CHUNK = 4;
const FILLER = 'the quick brown fox asks the lazy dog for a second opinion and gets a long answer'.split(' ');

/** The chunks of a response, in order; the last one has the finish reason. */
export function composeChunks(
  conversation: Conversation,
  plan: Plan,
  frame: Pick<GenerateContentResponse, 'modelVersion' | 'responseId'>,
): GenerateContentResponse[] {
  const { style, fault } = plan;
  const prompt = countPromptTokens(conversation);
  if (fault?.kind === 'block') {
    const usageMetadata = usageOf(prompt, '', '', 0);
    return [{ promptFeedback: { blockReason: fault.reason }, usageMetadata, ...frame }];
  }
  const thoughts = thoughtParts(style.thoughts);
  const thinking = thoughts.map((part) => part.text).join('');
  const whole = replyText(conversation, plan);
  const text = cutToTokens(whole, conversation.maxOutputTokens - countTokens(thinking));
  const pieces = splitText(text, style.chunks).map((piece) => splitParts(piece, style.partsPerChunk));
  const { bodies, finishReason } = addFinishReason(pieces, text === whole ? 'STOP' : 'MAX_TOKENS', fault);
  const all = [...thoughts.map((part) => [part]), ...bodies];
  let visible = '';
  return all.map((parts, index) => {
    visible += visibleText(parts);
    const content = parts.length > 0 && { content: { role: 'model' as const, parts } };
    const last = index === all.length - 1;
    const finish = (last || style.finishAlways) && { finishReason };
    const usageMetadata =
      last && style.partialUsage
        ? usageOf(prompt, '', '', 0)
        : usageOf(prompt, visible, thinking, style.cachedTokens);
    return { candidates: [{ ...content, ...finish, index: 0 }], usageMetadata, ...frame };
  });
}

/** The finish reason is in the last chunk of text; without text, or after a block, in a chunk of its own. */
function addFinishReason(pieces: Part[][], defaultReason: string, fault: Fault | null) {
  if (fault?.kind !== 'finish')
    return { bodies: pieces.length > 0 ? pieces : [[]], finishReason: defaultReason };
  const finishReason = fault.reason;
  const bodies = pieces.slice(0, fault.after);
  if (finishReason === 'MAX_TOKENS' && bodies.length > 0) return { bodies, finishReason };
  return { bodies: [...bodies, finishReason === 'STOP' ? [{ text: '' }] : []], finishReason };
}

/** The text without thoughts. */
export function visibleText(parts: Part[]): string {
  return parts.map((part) => (part.thought ? '' : part.text)).join('');
}

/** The chunks of a stream as the one response of `generateContent`. */
export function joinChunks(chunks: GenerateContentResponse[]): GenerateContentResponse {
  const last = chunks.at(-1);
  if (!last) throw new Error('A response has at least one chunk');
  if (!last.candidates) return last;
  const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
  const content = parts.length > 0 && { content: { role: 'model' as const, parts } };
  return { ...last, candidates: [{ ...last.candidates[0], ...content, index: 0 }] };
}

function replyText(conversation: Conversation, { style, unknown }: Plan): string {
  if (style.say !== undefined) return style.say;
  if (style.words !== undefined)
    return Array.from({ length: style.words }, (_, i) => FILLER[i % FILLER.length]).join(' ');
  const hint = unknown.length > 0 ? `\n\n(I do not understand ${unknown.join(' ')}.)` : '';
  return composeReply(conversation) + hint;
}

function thoughtParts(count: number): Part[] {
  const think = (step: number) => ({
    text: `**Thinking, step ${step}.** Nobody should see this. `,
    thought: true,
  });
  return Array.from({ length: count }, (_, index) => think(index + 1));
}

/** Splits a text at word boundaries, or between code points if there are fewer words than chunks. */
function splitText(text: string, chunks?: number): string[] {
  const words = text.match(/\s*\S+|\s+$/gu) ?? [];
  const wanted = chunks ?? Math.max(3, Math.ceil(words.length / WORDS_PER_CHUNK));
  return distribute(words.length >= wanted ? words : [...text], wanted);
}

function splitParts(text: string, count: number): Part[] {
  return distribute([...text], count).map((piece) => ({ text: piece }));
}

/** Joins pieces into at most `count` groups of nearly equal length, none empty. */
function distribute(pieces: string[], count: number): string[] {
  const groups = Math.min(Math.max(1, count), pieces.length);
  const at = (group: number) => Math.floor((group * pieces.length) / groups);
  return Array.from({ length: groups }, (_, group) => pieces.slice(at(group), at(group + 1)).join(''));
}
