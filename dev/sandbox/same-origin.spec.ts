import { createGeminiSandbox } from './gemini/create-gemini-sandbox.js';
import { isCrossSite } from './same-origin.js';
import { createStripeSandbox } from './stripe/sandbox.js';

describe('a request to a sandbox', () => {
  it.each([
    [{}, false],
    [{ 'sec-fetch-site': 'same-origin', origin: 'null' }, false],
    [{ 'sec-fetch-site': 'none' }, false],
    [{ 'sec-fetch-site': 'cross-site' }, true],
    [{ 'sec-fetch-site': 'same-site' }, true],
    [{ origin: 'http://127.0.0.1:4002' }, false],
    [{ origin: 'http://127.0.0.1:3000' }, true],
    [{ origin: 'https://evil.example' }, true],
    [{ origin: 'null' }, true],
  ])('that changes something, with %j, is of another site: %s', (headers, expected) => {
    expect(isCrossSite('POST', { host: '127.0.0.1:4002', ...headers })).toBe(expected);
    expect(isCrossSite('DELETE', { host: '127.0.0.1:4002', ...headers })).toBe(expected);
    expect(isCrossSite('GET', { host: '127.0.0.1:4002', ...headers })).toBe(false);
  });

  describe('over HTTP', () => {
    const gemini = createGeminiSandbox();
    let stripe: Awaited<ReturnType<typeof createStripeSandbox>>;
    const urls: Record<string, string> = {};

    beforeAll(async () => {
      urls.gemini = await gemini.listen();
      stripe = await createStripeSandbox();
      urls.stripe = stripe.url;
    });
    afterAll(() => Promise.all([gemini.close(), stripe.close()]));

    it.each([
      ['gemini', 'PUT', '/sandbox/fault', 200],
      ['gemini', 'DELETE', '/sandbox/calls', 200],
      ['gemini', 'POST', '/v1beta/models/gemini-3.8-flash:countTokens?key=k', 400],
      ['stripe', 'POST', '/sandbox/deliveries/rules', 200],
      ['stripe', 'POST', '/sandbox/events', 200],
      ['stripe', 'DELETE', '/sandbox/faults', 204],
      ['stripe', 'POST', '/c/pay/cs_test_1', 404],
      ['stripe', 'POST', '/p/session/1', 404],
      ['stripe', 'POST', '/v1/customers', 401],
    ])('is refused from a page of another site alone: %s %s %s', async (which, method, path, status) => {
      const url = `${urls[which]}${path}`;
      const isForm = /^\/[cp]\//.test(path);
      const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
      const send = async (headers: Record<string, string>) => {
        const json = which === 'gemini' ? '{}' : '{"type":"x","object":{}}';
        const body = method === 'DELETE' ? undefined : isForm ? 'a=b' : json;
        const response = await fetch(url, {
          method,
          body,
          headers: { ...(body && { 'Content-Type': type }), ...headers },
        });
        await response.arrayBuffer();
        return response.status;
      };
      expect(await send({ Origin: 'https://evil.example' })).toBe(403);
      expect(await send({})).toBe(status);
      expect(await send({ Origin: new URL(url).origin })).toBe(status);
    });
  });
});
