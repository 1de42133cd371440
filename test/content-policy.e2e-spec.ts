import type { Browser, Page } from 'playwright-core';
import { hasBrowser, startBrowser, watchViolations } from './support/browser.js';
import { System } from './support/system.js';

const describeInBrowser = hasBrowser ? describe : describe.skip;
const PASSWORD = 'the-password-of-the-board';

let system: System;
beforeAll(async () => {
  system = await System.start({
    workers: 0,
    env: { ADMIN_PASSWORD: PASSWORD, METRICS_TOKEN: 'm'.repeat(20) },
  });
});
afterAll(() => system?.stop());

const ADMIN = { Authorization: `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}` };
const policyOf = async (path: string, method = 'GET') => {
  const response = await fetch(`${system.client().url}${path}`, { method, headers: ADMIN });
  await response.arrayBuffer();
  return response.headers.get('content-security-policy') ?? '';
};

describe('the Content-Security-Policy', () => {
  it.each(['/docs', '/docs/', '/queues', '/queues/queue/reply', '/checkout/success', '/checkout/cancel'])(
    'of the page %s allows no inline script, no frame and no other host',
    async (path) => {
      const policy = await policyOf(path);
      expect(policy).toMatch(/^default-src 'none'/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy.replace(/style-src [^;]*/, '')).not.toMatch(/unsafe|https?:|\*/);
    },
  );

  it.each([
    '/docs-json',
    '/healthz',
    '/nowhere',
    '/user/me',
    '/metrics',
    '/queues/api/queues',
    '/%',
    '/docs/nothing',
  ])('of %s, which is no page, allows nothing', async (path) => {
    expect(await policyOf(path)).toMatch(/^default-src 'none'(;base-uri 'none';frame-ancestors 'none')?$/);
  });
});

describeInBrowser('the pages work under their policies', () => {
  let browser: Browser;
  let page: Page;
  let violations: string[];
  const strangers: string[] = [];

  beforeAll(async () => {
    browser = await startBrowser();
  }, 120_000);
  afterAll(() => browser?.close());
  beforeEach(async () => {
    page = await browser.newPage({ httpCredentials: { username: 'admin', password: PASSWORD } });
    violations = await watchViolations(page);
    page.on('request', (request) => {
      if (!/^(data|blob):/.test(request.url()) && new URL(request.url()).hostname !== '127.0.0.1')
        strangers.push(request.url());
    });
  });
  afterEach(async () => {
    await page.close();
    expect([violations, strangers]).toEqual([[], []]);
  });

  it('the documentation, from which a request is sent', async () => {
    await page.goto(`${system.client().url}/docs`);
    await page.getByText('/healthz', { exact: true }).click();
    await page.getByRole('button', { name: 'Try it out' }).click();
    await page.getByRole('button', { name: 'Execute' }).click();
    await page.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    await page.getByRole('button', { name: 'Authorize' }).first().click();
    await page.getByRole('button', { name: 'Close' }).first().waitFor();
  }, 120_000);

  it('the queue board, with its queues', async () => {
    await page.goto(`${system.client().url}/queues`);
    await page.getByText('customer-reconciliation').first().waitFor();
    await page.goto(`${system.client().url}/queues/queue/reply?status=completed`);
    await page.getByText('reply').first().waitFor();
  }, 120_000);

  it('the pages after checkout', async () => {
    await page.goto(`${system.client().url}/checkout/cancel`);
    expect(await page.evaluate('getComputedStyle(document.body).display')).toBe('grid');
    await page.goto(`${system.client().url}/checkout/success?session_id=cs_test_1`);
    expect(await page.textContent('h1')).toBe('Thank you');
  }, 120_000);

  it('and a script that was slipped into one would not run', async () => {
    await page.goto(`${system.client().url}/docs`);
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { text: 'slipped = 1' }))`,
    );
    expect(await page.evaluate('typeof slipped')).toBe('undefined');
    expect(violations.splice(0)).toEqual([expect.stringMatching(/^script-src-elem: inline/)]);
  }, 120_000);
});
