import type { Client } from './support/client.js';
import { System } from './support/system.js';

const OURS = 'https://chat.example.com';

describe('pages of an allowed origin', () => {
  let system: System;
  let client: Client;

  beforeAll(async () => {
    system = await System.start({ workers: 0, env: { CORS_ORIGINS: 'HTTPS://Chat.Example.com:443/' } });
    client = await system.signedIn();
  });
  afterAll(() => system?.stop());

  const preflight = (origin: string, method: string) =>
    client.raw('OPTIONS', '/chatroom', {
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': method,
        'Access-Control-Request-Headers': 'authorization,idempotency-key',
      },
    });

  it.each(['POST', 'PATCH', 'DELETE'])('may call with %s', async (method) => {
    const { status, headers } = await preflight(OURS, method);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, OURS]);
    expect(headers.get('access-control-allow-methods')?.split(', ')).toContain(method);
    expect(headers.get('access-control-allow-headers')).toBe('authorization,idempotency-key');
    expect(headers.get('x-request-id')).toHaveLength(36);
  });

  it('may read answers, errors too, and the headers that tell something', async () => {
    for (const path of ['/chatroom', '/nowhere']) {
      const { headers } = await client.get(path, { headers: { Origin: OURS } });
      expect(headers.get('access-control-allow-origin')).toBe(OURS);
      expect(headers.get('access-control-expose-headers')).toContain('X-Quota-Remaining');
    }
  });

  it('are the only ones', async () => {
    const theirs = await preflight('https://evil.example.com', 'POST');
    expect(theirs.headers.get('access-control-allow-origin')).toBeNull();
    const { headers } = await client.get('/chatroom', { headers: { Origin: 'https://evil.example.com' } });
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('are answered in the usual form where a preflight is incomplete', async () => {
    const { status, headers } = await client.raw('OPTIONS', '/chatroom');
    expect([status, headers.get('content-type')]).toEqual([204, null]);
  });
});
