import { splitParts, splitText } from './chunking.js';
import type { Fault } from './fault.js';
import type { Plan } from './plan.js';
import { composeReply } from './reply-text.js';
import { countPromptTokens, countTokens, cutToTokens, usageOf } from './token-count.js';
import type { Answer, Conversation, Part } from './wire.js';

const FILLER = 'the quick brown fox asks the lazy dog for a second opinion and gets a long answer'.split(' ');

/** The answers to send, in order; the last one has the finish reason. */
export function writeScript(
  conversation: Conversation,
  plan: Plan,
  frame: Pick<Answer, 'modelVersion' | 'responseId'>,
): Answer[] {
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
  const { bodies, finishReason } = end(pieces, text === whole ? 'STOP' : 'MAX_TOKENS', fault);
  const all = [...thoughts.map((part) => [part]), ...bodies];
  let visible = '';
  return all.map((parts, index) => {
    visible += visibleText(parts);
    const content = parts.length > 0 && { content: { role: 'model' as const, parts } };
    const finish = index === all.length - 1 && { finishReason };
    const usageMetadata = usageOf(prompt, visible, thinking, style.cachedTokens);
    return { candidates: [{ ...content, ...finish, index: 0 }], usageMetadata, ...frame };
  });
}

/** The last chunk of text tells the finish reason; where there is none, or the answer was withdrawn, a bare one does. */
function end(pieces: Part[][], usual: string, fault: Fault | null) {
  if (fault?.kind !== 'finish') return { bodies: pieces.length > 0 ? pieces : [[]], finishReason: usual };
  const finishReason = fault.reason;
  const bodies = pieces.slice(0, fault.after);
  if (finishReason === 'MAX_TOKENS' && bodies.length > 0) return { bodies, finishReason };
  return { bodies: [...bodies, finishReason === 'STOP' ? [{ text: '' }] : []], finishReason };
}

/** The text of an answer that a person would see. */
export function visibleText(parts: Part[]): string {
  return parts.map((part) => (part.thought ? '' : part.text)).join('');
}

/** A stream's chunks as the one answer of `generateContent`. */
export function joinScript(chunks: Answer[]): Answer {
  const last = chunks.at(-1);
  if (!last) throw new Error('a script has at least one answer');
  if (!last.candidates) return last;
  const parts = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []);
  const content = parts.length > 0 && { content: { role: 'model' as const, parts } };
  return { ...last, candidates: [{ ...last.candidates[0], ...content, index: 0 }] };
}

function replyText(conversation: Conversation, { style, unknown }: Plan): string {
  if (style.say !== undefined) return style.say;
  if (style.words !== undefined)
    return Array.from({ length: style.words }, (_, i) => FILLER[i % FILLER.length]).join(' ');
  const puzzled = unknown.length > 0 ? `\n\n(I do not understand ${unknown.join(' ')}.)` : '';
  return composeReply(conversation) + puzzled;
}

function thoughtParts(count: number): Part[] {
  const think = (step: number) => ({
    text: `**Thinking, step ${step}.** Nobody should see this. `,
    thought: true,
  });
  return Array.from({ length: count }, (_, index) => think(index + 1));
}
