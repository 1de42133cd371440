import { createHash } from 'node:crypto';
import { withoutDirectives } from './directive.js';
import { knowledge } from './reply-knowledge.js';
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

/** What the sandbox answers: a pure function of the conversation, so that a repeated call has the same text. */
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
    knowledge(prompts),
    remember(prompts),
    pick(CLOSINGS, 1),
  ].filter(Boolean);
  return obeyInstruction(sentences.join(' '), conversation.systemInstruction);
}

function remember(prompts: string[]): string {
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

/** Follows instructions simple enough for it, and shows that any other arrived. */
function obeyInstruction(reply: string, instruction: string): string {
  if (!instruction) return reply;
  if (/upper ?case|capital letters|all caps/i.test(instruction)) return reply.toUpperCase();
  if (/pirate/i.test(instruction)) return `Arr! ${reply} Yo ho ho!`;
  const opening = /(?:begin|start) (?:every|each|all|your) \w+ with ["“']([^"”']+)["”']/i.exec(instruction);
  if (opening) return `${opening[1]} ${reply}`;
  if (/\bhelpful assistant\b/i.test(instruction)) return reply; // what everybody says: nothing worth showing
  return `${reply}\n\n(My instruction is: “${shorten(withoutDirectives(instruction), 80)}”)`;
}
