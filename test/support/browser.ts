import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

/** Where Debian's package puts it. */
const CHROMIUM = '/usr/bin/chromium';
const SCREENSHOTS = path.resolve(__dirname, '../../.local/screenshots');
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const hasBrowser = existsSync(CHROMIUM);

/** A phone and a desktop. */
const SCREENS = { phone: { width: 375, height: 740 }, desktop: { width: 1280, height: 800 } };

export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}

/** Pictures of the page on both screens, and whether it fits into them. Pictures stay out of git. */
export async function photograph(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  for (const [screen, size] of Object.entries(SCREENS)) {
    await page.setViewportSize(size);
    await page.screenshot({ path: path.join(SCREENSHOTS, `${name}-${screen}.png`), fullPage: true });
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect({ name, screen, overflow: Math.max(0, Number(overflow)) }).toEqual({ name, screen, overflow: 0 });
  }
}

/** Every field of the page that a screen reader could not name. */
export async function unnamedFields(page: Page): Promise<string[]> {
  return page.evaluate(
    `[...document.querySelectorAll('input:not([type=hidden])')].filter((field) => !field.labels?.length).map((field) => field.name)`,
  );
}

/** What the pages break of their Content-Security-Policy from now on. */
export async function watchViolations(page: Page): Promise<string[]> {
  const violations: string[] = [];
  await page.exposeFunction('reportViolation', (text: string) => violations.push(text));
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', (event) =>
      reportViolation(event.effectiveDirective + ': ' + event.blockedURI + ' ' + event.sample))`,
  );
  return violations;
}
