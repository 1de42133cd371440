import type { Part } from './wire.js';

const WORDS_PER_CHUNK = 4;

/** Parts a text at word boundaries, or between code points where there are fewer words than chunks. */
export function splitText(text: string, chunks?: number): string[] {
  const words = text.match(/\s*\S+|\s+$/gu) ?? [];
  const wanted = chunks ?? Math.max(3, Math.ceil(words.length / WORDS_PER_CHUNK));
  return deal(words.length >= wanted ? words : [...text], wanted);
}

export function splitParts(text: string, count: number): Part[] {
  return deal([...text], count).map((piece) => ({ text: piece }));
}

/** Joins pieces into at most `count` groups of nearly equal length, none empty. */
function deal(pieces: string[], count: number): string[] {
  const groups = Math.min(Math.max(1, count), pieces.length);
  const at = (group: number) => Math.floor((group * pieces.length) / groups);
  return Array.from({ length: groups }, (_, group) => pieces.slice(at(group), at(group + 1)).join(''));
}
