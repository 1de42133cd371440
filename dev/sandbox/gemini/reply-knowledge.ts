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

/** The few things the sandbox knows about: sums, jokes, haiku, names. Empty when it knows nothing. */
export function knowledge(prompts: string[]): string {
  const prompt = prompts.at(-1) ?? '';
  return calculate(prompt) || recallName(prompts) || entertain(prompt, prompts.length);
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

function entertain(prompt: string, turn: number): string {
  if (/\bjoke\b/i.test(prompt)) return JOKES[turn % JOKES.length] ?? '';
  if (/\bhaiku\b/i.test(prompt)) {
    return '\nA prompt in the queue,\nthe worker wakes and listens.\nTokens fall like rain.\n';
  }
  return /\b(?:hello|hi|hey|namaste|hola)\b/i.test(prompt) ? 'Hello, hello!' : '';
}
