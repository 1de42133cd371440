import type { Random } from '../support/random.js';

/** What a prompt asks of Gemini, and how its reply has to end if nobody cancels it. */
export interface Kind {
  weight: number;
  directive: string;
  ends: 'completed' | 'incomplete' | 'failed';
  error?: string;
  /** Gemini gives nothing for it, so the unit comes back while the day allows it. */
  refunded?: boolean;
}

/** Long enough for two claims to meet. */
export const SLOW_KINDS: Kind[] = [
  { weight: 1, directive: '[[slow chunks=8 delay=60ms]]', ends: 'completed' },
  { weight: 3, directive: '[[slow chunks=10 delay=150ms]]', ends: 'completed' },
];

export const KINDS: Kind[] = [
  { weight: 4, directive: '', ends: 'completed' },
  { weight: 5, directive: '[[slow chunks=8 delay=60ms]]', ends: 'completed' },
  { weight: 3, directive: '[[slow chunks=10 delay=150ms]]', ends: 'completed' },
  { weight: 1, directive: '[[503 times=1]]', ends: 'completed' },
  { weight: 1, directive: '[[cut times=1]]', ends: 'completed' },
  { weight: 1, directive: '[[429 retry=0.4s times=1]]', ends: 'completed' },
  { weight: 1, directive: '[[max-tokens]]', ends: 'incomplete' },
  { weight: 1, directive: '[[tool-call]]', ends: 'incomplete' },
  { weight: 1.5, directive: '[[400]]', ends: 'failed', error: 'gemini.rejected', refunded: true },
  { weight: 1, directive: '[[safety]]', ends: 'failed', error: 'gemini.blocked' },
  { weight: 1, directive: '[[thoughts 2]] [[empty]]', ends: 'failed', error: 'gemini.empty' },
];

/** A prompt as a person means it: sent once or several times, it is to be one. */
export interface Prompt {
  /** Words that no other prompt contains. */
  tag: string;
  content: string;
  roomId: string;
  key: string | undefined;
  ends: Kind['ends'];
  error: string | undefined;
  refunded: boolean;
}

const TAG = /<[\w-]+>/;

export const tagOf = (text: string): string => TAG.exec(text)?.[0] ?? '';

export function makePrompt(random: Random, name: string, roomId: string, kinds: Kind[]): Prompt {
  const kind = random.weighted(kinds);
  const tag = `<${name}>`;
  return {
    tag,
    content: `${tag} tell me something ${kind.directive}`.trim(),
    roomId,
    key: random.chance(0.6) ? name : undefined,
    ends: kind.ends,
    error: kind.error,
    refunded: kind.refunded ?? false,
  };
}
