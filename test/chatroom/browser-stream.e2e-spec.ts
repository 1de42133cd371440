import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { hasBrowser, startBrowser } from '../support/browser.js';
import { openRoom } from '../support/rooms.js';
import { System } from '../support/system.js';

const PAGE = path.resolve(__dirname, '../../docs/browser-stream.html');
const itInBrowser = hasBrowser ? it : it.skip;

itInBrowser(
  'the example page reads a stream from another origin, and goes on after a failed attempt',
  async () => {
    const site = createServer((_, response) =>
      response.setHeader('Content-Type', 'text/html').end(readFileSync(PAGE)),
    );
    await once(site.listen(0, '127.0.0.1'), 'listening');
    const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    const system = await System.start({ env: { CORS_ORIGINS: origin } });
    const browser = await startBrowser();
    try {
      const ann = await system.signedIn();
      const room = await openRoom(ann);
      const page = await browser.newPage();
      await page.goto(origin);
      const fields = {
        api: ann.url,
        token: ann.user.accessToken,
        room,
        content: '[[cut times=1]] [[words 30]] hi',
      };
      for (const [name, value] of Object.entries(fields)) await page.fill(`[name=${name}]`, value);
      await page.click('button');
      await page.waitForFunction("document.querySelector('pre').dataset.event === 'completed'", undefined, {
        timeout: 20_000,
      });
      const { body } = await ann.get(`/chatroom/${room}/message`);
      expect(await page.textContent('pre')).toBe(body.data[1].content);
      await page.fill('[name=room]', 'nowhere');
      await page.click('button');
      await page.waitForFunction("document.querySelector('pre').textContent.includes('chatroom.not_found')");
    } finally {
      await browser.close();
      await system.stop();
      site.close();
    }
  },
  60_000,
);
