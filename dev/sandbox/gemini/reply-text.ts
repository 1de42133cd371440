import { createHash } from 'node:crypto';
import { withoutDirectives } from './directive.js';
import type { Conversation } from './wire.js';

const OPENINGS = [
  'Happy to help!',
  'Good to hear from you.',
  'Let me think with all four of my transistors.',
  'Ah, one of my favourite subjects.',
];
const CLOSINGS = [
  'No cloud was heated in the making of this answer.',
  'I live in a small server on this very machine, and the weather here is always 20 ms.',
  'The real Gemini knows more, but I answer without a key and never send a bill.',
  'Ask me again and I will say exactly the same: I am nothing if not consistent.',
];

const JOKES = [
  'Why did the queue never get lonely? It always had somebody waiting.',
  'A SQL query walks into a bar, goes up to two tables and asks: may I join you?',
  'There are two hard things in this job: naming, cache invalidation, and off-by-one errors.',
];
const CALCULATIONS: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
};

/** The text of a reply: a pure function of the conversation, so that a repeated call has the same text. */
export function composeReply(conversation: Conversation): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([conversation.turns, conversation.systemInstruction]))
    .digest();
  const pick = (list: string[], at: number) => list[(digest[at] ?? 0) % list.length] ?? '';
  const prompts = conversation.turns
    .filter((turn) => turn.role === 'user')
    .map((turn) => withoutDirectives(turn.text));
  const prompt = prompts.at(-1) ?? '';
  const sentences = [
    pick(OPENINGS, 0),
    prompt ? `You said: “${shorten(prompt, 120)}”.` : 'You said nothing but directives, and I like them.',
    topicSentence(prompts),
    summarizeTurns(prompts),
    pick(CLOSINGS, 1),
  ].filter(Boolean);
  return applyInstruction(sentences.join(' '), conversation.systemInstruction);
}

function summarizeTurns(prompts: string[]): string {
  const earlier = prompts.slice(0, -1);
  const first = earlier.find(Boolean);
  if (earlier.length === 0) return 'This is the first turn I see.';
  const quote = first ? ` It began with “${shorten(first, 60)}”` : '';
  const previous = earlier.length > 1 ? earlier.at(-1) : '';
  const last = previous ? `, and just before this you said “${shorten(previous, 60)}”` : '';
  return `I see ${prompts.length} of your turns.${quote}${quote ? last : ''}${quote ? '.' : ''}`;
}

function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length
    ? text
    : `${characters
        .slice(0, length - 1)
        .join('')
        .trimEnd()}…`;
}

/** Follows simple instructions and quotes any other one. */
function applyInstruction(reply: string, instruction: string): string {
  if (!instruction) return reply;
  if (/upper ?case|capital letters|all caps/i.test(instruction)) return reply.toUpperCase();
  if (/pirate/i.test(instruction)) return `Arr! ${reply} Yo ho ho!`;
  const opening = /(?:begin|start) (?:every|each|all|your) \w+ with ["“']([^"”']+)["”']/i.exec(instruction);
  if (opening) return `${opening[1]} ${reply}`;
  if (/\bhelpful assistant\b/i.test(instruction)) return reply; // the usual instruction is not quoted
  return `${reply}\n\n(My instruction is: “${shorten(withoutDirectives(instruction), 80)}”)`;
}

/** A sentence about a topic of the prompt: a sum, a name, a joke, a haiku, a greeting. Empty without one. */
function topicSentence(prompts: string[]): string {
  const prompt = prompts.at(-1) ?? '';
  return calculate(prompt) || recallName(prompts) || cannedSentence(prompt, prompts.length);
}

/** A minus or a slash counts only between spaces, or every date would be a sum. */
function calculate(prompt: string): string {
  const match = /(\d{1,9}(?:\.\d{1,6})?)(\s*[+*×÷]\s*|\s+[-/]\s+)(\d{1,9}(?:\.\d{1,6})?)/.exec(prompt);
  if (!match) return '';
  const [, a = '', spacedSign = '', b = ''] = match;
  const sign = spacedSign.trim();
  const result = CALCULATIONS[{ '×': '*', '÷': '/' }[sign] ?? sign]?.(Number(a), Number(b));
  if (result === undefined || !Number.isFinite(result))
    return 'Dividing by nothing gives nothing I may print.';
  return `I counted on my fingers: ${a} ${sign} ${b} = ${Number(result.toFixed(6))}.`;
}

function recallName(prompts: string[]): string {
  const names = prompts.map(
    (prompt) => /\b(?:my name is|i am called|call me) (\p{L}[\p{L}'-]*)/iu.exec(prompt)?.[1],
  );
  const name = names.findLast(Boolean);
  const asks = /\b(?:what(?:'s| is) my name|who am i|remember my name)\b/i.test(prompts.at(-1) ?? '');
  if (names.at(-1)) return `Pleased to meet you, ${name}!`;
  if (!asks) return '';
  if (!name) return 'You have not told me your name yet; I would remember.';
  return `You are ${name}: you told me in turn ${names.lastIndexOf(name) + 1}.`;
}

function cannedSentence(prompt: string, turn: number): string {
  if (/\bjoke\b/i.test(prompt)) return JOKES[turn % JOKES.length] ?? '';
  if (/\bhaiku\b/i.test(prompt)) {
    return '\nA prompt in the queue,\nthe worker wakes and listens.\nTokens fall like rain.\n';
  }
  return /\b(?:hello|hi|hey|namaste|hola)\b/i.test(prompt) ? 'Hello, hello!' : '';
}
