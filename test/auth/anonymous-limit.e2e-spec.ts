import { signUp, tally } from '../support/people.js';
import { System } from '../support/system.js';
import { ForwardedClient } from '../support/forwarded-client.js';

describe('the requests of one address without a known user', () => {
  let system: System;
  let url: string;
  let addresses = 0;

  beforeAll(async () => {
    system = await System.start({ apis: 0, workers: 0 });
    ({ url } = await system.startApi({ TRUST_PROXY: '1', ANONYMOUS_RATE_LIMIT_PER_MINUTE: '3' }));
  });
  afterAll(() => system?.stop());

  const stranger = () => new ForwardedClient(url, `203.0.113.${(addresses += 1)}`);
  const statuses = async (ask: () => Promise<{ status: number }>, count = 5) => {
    const seen: number[] = [];
    for (let n = 0; n < count; n++) seen.push((await ask()).status);
    return tally(seen);
  };
  const json = { headers: { 'Content-Type': 'application/json' } };

  it.each([
    ['404', 'GET', '/nowhere', {}],
    ['405', 'PUT', '/chatroom', {}],
    ['400', 'GET', '/%', {}],
    ['400', 'GET', `/chatroom/${'a'.repeat(600)}`, {}],
    ['400', 'GET', '/docs-json?q=%', {}],
    ['400', 'POST', '/auth/login', { ...json, body: '{' }],
    ['413', 'POST', '/auth/login', { ...json, body: ' '.repeat(9_000) }],
    ['415', 'POST', '/auth/login', { ...json, headers: { 'Content-Type': 'text/plain' }, body: 'x' }],
    ['401', 'GET', '/chatroom', {}],
    ['401', 'GET', '/chatroom', { headers: { Authorization: 'Bearer no.token.of.ours' } }],
    ['200', 'GET', '/docs-json', {}],
    ['200', 'GET', '/checkout/cancel', {}],
  ])('are counted when they end with %s: %s %s (%#)', async (status, method, path, init) => {
    const client = stranger();
    expect(await statuses(() => client.raw(method, path, init))).toEqual({ [status]: 3, 429: 2 });
    const refused = await client.get('/nowhere');
    expect(refused.body.code).toBe('rate_limit.exceeded');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect([refused.headers.get('ratelimit-limit'), refused.headers.get('ratelimit-remaining')]).toEqual([
      '3',
      '0',
    ]);
  });

  it('do not use up those of the people behind the same address', async () => {
    const client = stranger();
    expect(await statuses(() => client.get('/nowhere'))).toEqual({ 404: 3, 429: 2 });
    const { accessToken } = await system.user();
    expect(await statuses(() => client.as(accessToken).get('/user/me'))).toEqual({ 200: 5 });
  });

  it('are not counted at the webhook and the health routes', async () => {
    const client = stranger();
    expect(await statuses(() => client.raw('POST', '/webhook/stripe', { body: '{}' }))).toEqual({ 400: 5 });
    expect(await statuses(() => client.get('/healthz'))).toEqual({ 200: 5 });
    expect(await statuses(() => client.get('/readyz'))).toEqual({ 200: 5 });
    expect((await client.get('/nowhere')).status).toBe(404);
  });

  it('are counted by network, however a proxy writes the address', async () => {
    const seen: number[] = [];
    for (const address of [
      '198.51.100.7',
      '198.51.100.7:5678',
      '[::ffff:198.51.100.7]:80',
      '::ffff:c633:6407',
    ])
      seen.push((await new ForwardedClient(url, address).get('/nowhere')).status);
    expect(seen).toEqual([404, 404, 404, 429]);
    const networks = ['2001:db8::1', '[2001:db8::2]', '[2001:db8:0:0:f::]:443', '2001:db8::3%eth0'];
    for (const address of networks)
      seen.push((await new ForwardedClient(url, address).get('/nowhere')).status);
    expect(seen.slice(4)).toEqual([404, 404, 404, 429]);
  });

  it('are counted for the connection where the header names no address', async () => {
    const garbage = ['unknown', '_hidden', 'x'.repeat(8_000), '999.1.1.1', '1.2.3.4.5', '127.1', '::g'];
    const seen: number[] = [];
    for (const address of garbage)
      seen.push((await new ForwardedClient(url, address).get('/nowhere')).status);
    expect(tally(seen)).toEqual({ 404: 3, 429: garbage.length - 3 });
  });

  it('count for the limit of sign-in where an identity is changed', async () => {
    const api = await system.startApi({ TRUST_PROXY: '1', AUTH_RATE_LIMIT_PER_MINUTE: '3' });
    for (const path of ['/user/me/identity', '/user/me/identity/verify']) {
      const client = new ForwardedClient(api.url, `203.0.113.${(addresses += 1)}`);
      const { accessToken } = await system.user();
      const ask = () => client.as(accessToken).post(path, {});
      expect(await statuses(ask)).toEqual({ 400: 3, 429: 2 });
    }
  });

  it.each([
    ['198.51.100.9:1234', '198.51.100.9'],
    ['[2001:DB8:0:0::7]:443', '2001:db8::7'],
    ['<script>'.repeat(500), '127.0.0.1'],
  ])('make a session with an address, whatever the header says (%#)', async (given, shown) => {
    const api = await system.startApi({ TRUST_PROXY: '1' });
    const client = new ForwardedClient(api.url, given);
    const { accessToken } = await signUp(client);
    const { body } = await client.as(accessToken).get('/auth/sessions');
    expect(body.data.map(({ ip }: { ip: string }) => ip)).toEqual([shown]);
    const logged = api.output.split('\n').filter((line) => line.includes('session') && line.includes('"ip"'));
    for (const line of logged) expect(line).toContain(`"ip":"${shown}"`);
    expect(logged).not.toEqual([]);
  });
});
