import type { Server } from 'node:http';
import { createHttpAdapter } from '../src/app/http.js';
import type { Settings } from '../src/config/settings.js';

it('gives a whole request half a minute to arrive', () => {
  const server = createHttpAdapter({ TRUST_PROXY: 'false' } as Settings).getHttpServer<Server>();
  expect(server.requestTimeout).toBe(30_000);
  expect(server.headersTimeout).toBeLessThanOrEqual(60_000);
});
