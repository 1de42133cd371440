import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { System } from './support/system.js';

const ROOT = path.resolve(__dirname, '..');
const file = (kind: string) => path.join(ROOT, `docs/postman/gemini-chat.postman_${kind}.json`);
const NEWMAN = path.join(ROOT, 'node_modules/newman/bin/newman.js');

describe('the Postman collection', () => {
  let system: System;
  const folder = mkdtempSync(path.join(tmpdir(), 'newman-'));

  beforeAll(async () => {
    system = await System.start();
  });
  afterAll(async () => {
    await system?.stop();
    rmSync(folder, { recursive: true });
  });

  it('runs from top to bottom against a real system', async () => {
    const report = path.join(folder, 'report.json');
    const files = ['run', file('collection'), '-e', file('environment')];
    const reporting = ['-r', 'json', '--reporter-json-export', report];
    const url = ['--env-var', `baseUrl=${system.client().url}`, '--delay-request', '50'];
    const newman = spawn(process.execPath, [NEWMAN, ...files, ...url, ...reporting], { stdio: 'ignore' });
    await once(newman, 'exit');
    const { run } = JSON.parse(readFileSync(report, 'utf8'));
    const failures = run.failures.map((one: any) => `${one.source?.name}: ${one.error?.message}`);
    expect(failures).toEqual([]);
    expect(run.stats.assertions.total).toBeGreaterThan(20);
    expect(run.stats.items.failed).toBe(0);
  }, 60_000);
});
