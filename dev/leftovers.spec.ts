import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rememberProcesses } from './leftovers.mjs';

describe('the record of what runs', () => {
  const root = mkdtempSync(join(tmpdir(), 'leftovers-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('is replaced in one step, so that a launcher killed meanwhile leaves a whole one', () => {
    mkdirSync(join(root, '.local'));
    const file = join(root, '.local', 'processes.json');
    rememberProcesses(root, [{ name: 'API', pid: process.pid }]);
    const reader = openSync(file, 'r');
    rememberProcesses(root, []);
    expect(JSON.parse(readFileSync(reader, 'utf8'))).toMatchObject([{ name: 'API', pid: process.pid }]);
    closeSync(reader);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([]);
  });
});
