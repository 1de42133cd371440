import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Collection, runCollection } from './support/postman.js';
import { System } from './support/system.js';

const read = (kind: string) =>
  JSON.parse(
    readFileSync(path.resolve(__dirname, `../docs/postman/gemini-chat.postman_${kind}.json`), 'utf8'),
  );

describe('the Postman collection', () => {
  let system: System;

  beforeAll(async () => {
    system = await System.start();
  });
  afterAll(() => system?.stop());

  it('runs from top to bottom against a real system', async () => {
    const collection = read('collection') as Collection;
    const environment = read('environment').values.map(({ key, value }: any) => [key, value]);
    const report = await runCollection(collection, {
      ...Object.fromEntries(environment),
      baseUrl: system.client().url,
    });
    expect(report.failures).toEqual([]);
    expect(report.assertions).toBeGreaterThan(20);
    const all = collection.item?.flatMap((folder) => folder.item ?? []).map(({ name }) => name);
    expect([...new Set(report.requests)]).toEqual(all);
  }, 60_000);
});
