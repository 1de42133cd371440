import type { Client } from '../support/client.js';
import { stripeSdk } from '../support/stripe.js';
import { System } from '../support/system.js';

const ROUTES = [
  '/subscribe/pro',
  '/subscription/pro',
  '/subscription/subscribe/pro',
  '/subscription/cancel',
  '/subscription/resume',
  '/subscription/portal',
];

describe('what one person may ask of the routes that call Stripe', () => {
  let system: System;

  beforeAll(async () => {
    system = await System.start({ apis: 1, workers: 0, env: { BILLING_RATE_LIMIT_PER_MINUTE: '10' } });
  });
  afterAll(() => system.stop());

  const calls = () => system.stripe.world.journal.seen().length;
  const ask = (client: Client, count: number) =>
    Array.from({ length: count }, (_, at) => client.post(ROUTES[at % ROUTES.length] ?? ''));

  it('is ten requests a minute over all of them; the others cost Stripe nothing', async () => {
    const client = await system.signedIn();
    const allowed = await Promise.all(ask(client, 10));
    expect(allowed.map(({ status }) => status).filter((status) => status === 429)).toEqual([]);
    expect(allowed[0]?.headers.get('ratelimit-limit')).toBe('10');
    const before = calls();
    for (const path of ROUTES) {
      const refused = await client.post(path);
      expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limit.exceeded' } });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const deletion = await client.delete('/user/me', { confirm: 'delete my account' });
    expect(deletion.status).toBe(429);
    expect(calls()).toBe(before);
    expect((await client.get('/subscription/status')).status).toBe(200);
  });

  it('takes nothing from another person', async () => {
    const greedy = await system.signedIn();
    await Promise.all(ask(greedy, 30));
    const other = await system.signedIn();
    expect((await other.post('/subscribe/pro')).status).toBe(201);
    const customers = await stripeSdk(system.stripe).customers.list({ limit: 100 });
    expect(customers.data.map(({ metadata }) => metadata.userId)).toContain(other.user.id);
  });
});
