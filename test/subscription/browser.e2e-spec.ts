import type { Browser, Page } from 'playwright-core';
import { hasBrowser, photograph, startBrowser, unnamedFields, watchViolations } from '../support/browser.js';
import { statusOf, untilStatus } from '../support/stripe.js';
import { System } from '../support/system.js';

const describeInBrowser = hasBrowser ? describe : describe.skip;
if (!hasBrowser) console.warn('There is no /usr/bin/chromium here: the browser tests are skipped.');

const DECLINED = '4000 0000 0000 0002';
const GOOD = '4242 4242 4242 4242';

describeInBrowser('a person with a browser', () => {
  let system: System;
  let browser: Browser;
  let page: Page;
  /** Hosts other than ours that a page asked for something. */
  const strangers: string[] = [];
  let violations: string[];

  beforeAll(async () => {
    system = await System.start({ workers: 1, env: { BASIC_TIER_DAILY_PROMPT_LIMIT: '2' } });
    browser = await startBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });
  beforeEach(async () => {
    page = await browser.newPage();
    violations = await watchViolations(page);
    page.on('request', (request) => {
      if (new URL(request.url()).hostname !== '127.0.0.1') strangers.push(request.url());
    });
  });
  afterEach(async () => {
    await page.close();
    expect([strangers, violations]).toEqual([[], []]);
  });

  const newRoom = async () => {
    const client = await system.signedIn();
    const { id } = (await client.post('/chatroom', {})).body;
    return { client, send: () => client.post(`/chatroom/${id}/message`, { content: 'hello' }) };
  };

  it('meets the quota, is declined, pays, goes on chatting, cancels in the portal, and is Basic a month later', async () => {
    const { client, send } = await newRoom();
    expect((await send()).status).toBe(202);
    expect((await send()).status).toBe(202);
    expect(await send()).toMatchObject({ status: 429, body: { code: 'quota.exceeded' } });

    const { checkoutUrl } = (await client.post('/subscribe/pro')).body;
    await page.goto(checkoutUrl);
    expect(await page.textContent('h1')).toBe('Subscribe to Pro');
    expect(await page.textContent('.amount')).toContain('$9.99');
    expect(await unnamedFields(page)).toEqual([]);
    await photograph(page, 'checkout');

    await page.getByLabel('Card number').fill(DECLINED);
    await page.getByRole('button', { name: 'Pay $9.99 and subscribe' }).click();
    expect(await page.getByRole('alert').textContent()).toBe('Your card was declined.');
    await photograph(page, 'checkout-declined');
    expect(await statusOf(client)).toMatchObject({ tier: 'basic' });

    await page.getByRole('button', { name: GOOD }).click();
    expect(await page.getByLabel('Card number').inputValue()).toBe(GOOD);
    await page.getByRole('button', { name: 'Pay $9.99 and subscribe' }).click();
    await page.waitForURL(/\/checkout\/success\?session_id=cs_test_/);
    expect(await page.textContent('h1')).toBe('You have Pro');
    await photograph(page, 'success');
    expect((await send()).status).toBe(202);
    const paid = await statusOf(client);
    expect(paid).toMatchObject({
      tier: 'pro',
      status: 'active',
      cancelAt: null,
      usage: { used: 3, limit: null },
    });

    await page.goto((await client.post('/subscription/portal')).body.url);
    await photograph(page, 'portal');
    await page.getByRole('button', { name: 'Cancel at period end' }).click();
    await page.getByText('ends soon').waitFor();
    await photograph(page, 'portal-ending');
    await untilStatus(client, { tier: 'pro', cancelAtPeriodEnd: true, cancelAt: paid.currentPeriodEnd });
    expect((await send()).status).toBe(202);

    await page.getByRole('button', { name: 'Advance one month' }).click();
    await page.getByText('No running subscription').waitFor();
    await photograph(page, 'portal-ended');
    await untilStatus(client, { tier: 'basic', status: null, cancelAt: null });
    expect(await send()).toMatchObject({ status: 429, body: { code: 'quota.exceeded' } });
  }, 180_000);

  it('leaves the checkout without paying, and finds it open again', async () => {
    const { client } = await newRoom();
    const first = (await client.post('/subscribe/pro')).body;
    await page.goto(first.checkoutUrl);
    await page.getByRole('link', { name: 'Go back without paying' }).click();
    expect(await page.textContent('h1')).toBe('Nothing was paid');
    await photograph(page, 'abandoned');
    expect((await client.post('/subscribe/pro')).body).toEqual(first);
  }, 120_000);

  it('is told so on a checkout that is paid already, and resumes in the portal', async () => {
    const { client } = await newRoom();
    const { checkoutUrl } = (await client.post('/subscribe/pro')).body;
    await page.goto(checkoutUrl);
    await page.getByRole('button', { name: /^Pay/ }).last().waitFor();
    await page.getByLabel('Card number').press('Enter');
    await page.waitForURL(/success/);
    await page.goto(checkoutUrl);
    expect(await page.textContent('h1')).toBe('This checkout is already paid.');
    await page.goto((await client.post('/subscription/portal')).body.url);
    await page.getByRole('button', { name: 'Cancel at period end' }).click();
    await untilStatus(client, { cancelAtPeriodEnd: true });
    await page.getByRole('button', { name: 'Keep my subscription' }).click();
    await untilStatus(client, { tier: 'pro', cancelAtPeriodEnd: false, cancelAt: null });
    await page.getByRole('button', { name: 'Cancel now' }).click();
    await untilStatus(client, { tier: 'basic', status: null });
  }, 120_000);
});
