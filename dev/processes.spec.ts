import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordProcesses } from './processes.mjs';

describe('the record of running processes', () => {
  const root = mkdtempSync(join(tmpdir(), 'processes-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('is replaced atomically, so that a launcher killed meanwhile leaves a complete one', () => {
    mkdirSync(join(root, '.local'));
    const file = join(root, '.local', 'processes.json');
    recordProcesses(root, [{ name: 'API', pid: process.pid }]);
    const reader = openSync(file, 'r');
    recordProcesses(root, []);
    expect(JSON.parse(readFileSync(reader, 'utf8'))).toMatchObject([{ name: 'API', pid: process.pid }]);
    closeSync(reader);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual([]);
  });
});
