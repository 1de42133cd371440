import { DependencyChecks } from './dependency-checks.js';

it('lists dependencies by name, the last registration of each', async () => {
  const checks = new DependencyChecks();
  checks.register('redis', async () => 'first');
  checks.register('postgres', async () => undefined, 'down');
  checks.register('redis', async () => 'second');
  const all = checks.all();
  expect(all.map(({ name, failing }) => [name, failing])).toEqual([
    ['postgres', 'down'],
    ['redis', 'degraded'],
  ]);
  expect(await all[1]?.check()).toBe('second');
});
