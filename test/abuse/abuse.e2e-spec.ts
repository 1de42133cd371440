import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { holds } from '../support/figures.js';
import type { Result } from './abuse.js';
import { SCENARIOS } from './catalogue.js';
import { main } from './main.js';
import { MEASURES } from './others.js';

const FILE = join('.local', `abuse-${process.pid}.json`);
const { signal } = new AbortController();

afterAll(() => rmSync(FILE, { force: true }));

it('has a name and a description for every scenario', () => {
  expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
  for (const { about } of SCENARIOS) expect(about).toMatch(/^[^.]{20,120}$/);
});

/** What others wait is not judged here, where other tests use the machine. */
it('attacks a running product, and all that is counted is within its bounds', async () => {
  const printed: string[] = [];
  const names = ['checkout-return', 'refused-flood'];
  const args = ['--only', names.join(), '--seconds', '1', '--seed', '7', '--json', FILE];
  await main(process.cwd(), args, signal, (text) => void printed.push(text));
  const { results } = JSON.parse(readFileSync(FILE, 'utf8')) as { results: Result[] };
  expect(results.map(({ name }) => name)).toEqual(names);
  for (const { name, others, attack, floors } of results) {
    expect(printed.join('\n')).toContain(`\n${name}: `);
    expect(others.map(({ what }) => what)).toEqual(MEASURES);
    for (const { figures } of others) expect(figures.ratio).toBeGreaterThan(0);
    expect(attack.figures.requests).toBeGreaterThan(10);
    const counts = floors.filter(({ kind }) => kind === 'count');
    expect(counts.length).toBeGreaterThan(1);
    expect(counts.filter((floor) => !holds(floor))).toEqual([]);
  }
}, 300_000);

it('refuses the name of a scenario that there is not', async () => {
  await expect(main(process.cwd(), ['--only', 'nothing'], signal)).rejects.toThrow(
    'There is no scenario nothing',
  );
});
