import type { Finding, Part } from './finding.js';

/** Characters of a case that are printed; the JSON has it whole. */
const SHOWN = 3_000;

/** What was wrong, the smallest case that shows it, and how to try it again. */
export function describeFinding({ violations, counterexample, replay }: Finding): string {
  const told = typeof counterexample === 'string' ? counterexample : JSON.stringify(counterexample, null, 2);
  return [
    ...violations.map((violation) => `! ${violation}`),
    told.length > SHOWN ? `${told.slice(0, SHOWN)}…` : told,
    `  again: npm run fuzz -- ${replay}`,
    '',
  ].join('\n');
}

export function table(parts: Part[]): string {
  const rows = parts.flatMap(({ name, runs, counts, findings }): [string, string][] => [
    [name, `${runs}`],
    ...Object.entries(counts).map(([what, count]): [string, string] => [`  ${what}`, count]),
    ['  findings', String(findings.length)],
  ]);
  return rows.map(([name, value]) => `${name.padEnd(20)} ${value}`).join('\n');
}
