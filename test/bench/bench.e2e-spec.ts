import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { holds } from '../support/figures.js';
import type { Result } from './bench.js';
import { BENCHES } from './catalogue.js';
import { main } from './main.js';

const FILE = join('.local', `bench-${process.pid}.json`);
const SHORT = [
  '--seconds',
  '0.2',
  '--requests',
  '50',
  '--listeners',
  '2',
  '--messages',
  '5000',
  '--seed',
  '7',
];
const { signal } = new AbortController();

afterAll(() => rmSync(FILE, { force: true }));

async function bench(...args: string[]): Promise<{ code: number; printed: string; results: Result[] }> {
  const printed: string[] = [];
  const print = (text: string) => void printed.push(text);
  const code = await main(process.cwd(), [...SHORT, '--json', FILE, ...args], signal, print);
  const { results } = JSON.parse(readFileSync(FILE, 'utf8')) as { results: Result[] };
  return { code, printed: printed.join('\n'), results };
}

/** What it says of speed is not judged here, where other tests use the machine. */
it('runs every bench, and all that is counted is within its bounds', async () => {
  const { results, printed } = await bench();
  expect(results.map(({ name }) => name)).toEqual(BENCHES.map(({ name }) => name));
  for (const { name } of BENCHES) expect(printed).toContain(`\n${name}: `);
  const counts = results.flatMap(({ floors }) => floors).filter(({ kind }) => kind === 'count');
  expect(counts.length).toBeGreaterThan(15);
  expect(counts.filter((floor) => !holds(floor))).toEqual([]);
  expect(counts.find(({ what }) => what === 'rows read for a page')?.value).toBe(21);
  const prompt = results[0]?.costs?.prompt;
  expect(Object.values(prompt?.statements ?? {})).toEqual([1, 1]);
  expect(Object.keys(prompt?.statements ?? {})).toEqual([
    expect.stringContaining('SELECT s.id AS "sessionId"'),
    expect.stringContaining('WITH account AS'),
  ]);
  expect(prompt?.commands).toEqual({ evalsha: 2 });
}, 180_000);

it('exits with 1 when something falls short, and says what', async () => {
  const { code, printed } = await bench('--only', 'accept', '--set', 'RATE_LIMIT_PER_MINUTE=1');
  expect(code).toBe(1);
  expect(printed).toMatch(/FALLS SHORT: answers other than 2xx \d+ \(count, at most 0\)/);
  expect(printed).toContain('Falls short: accept');
}, 120_000);
