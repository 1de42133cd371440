/** One `[[name word key=value]]` of a prompt. */
export interface Directive {
  name: string;
  /** The text after the name, unchanged. */
  rest: string;
  words: string[];
  options: Map<string, string>;
  source: string;
}

/** A known directive with invalid arguments. */
export class InvalidDirective extends Error {}

const DIRECTIVE = /\[\[\s*([\w-]+)(?:[ \t]+([\s\S]*?))?\s*\]\]/g;
const OPTION = /^([\w-]+)=(\S+)$/;

export function parseDirectives(text: string): Directive[] {
  return [...text.matchAll(DIRECTIVE)].map(([source, name = '', rest = '']) => {
    const pieces = rest.split(/\s+/).filter(Boolean);
    const options = pieces.flatMap((piece) => {
      const match = OPTION.exec(piece);
      return match?.[1] && match[2] ? [[match[1], match[2]] as const] : [];
    });
    const words = pieces.filter((piece) => !OPTION.test(piece));
    return { name: name.toLowerCase(), rest, words, options: new Map(options), source };
  });
}

/** The prompt without directives. */
export function withoutDirectives(text: string): string {
  return text.replace(DIRECTIVE, '').replace(/\s+/g, ' ').trim();
}

/** `250ms` or `1.5s`, in milliseconds. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text);
  if (!match) throw new InvalidDirective(`${text} is no duration`);
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1);
}

export function integer(text: string, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max) throw new InvalidDirective(`${text} is no number up to ${max}`);
  return value;
}
