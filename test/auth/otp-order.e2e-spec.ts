import type { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { WebhookGateway } from '../support/otp-gateways.js';
import { insist, newMobile } from '../support/people.js';
import { System } from '../support/system.js';

const FLOOD = 280;
/** A round is 20 deliveries; on a busy machine a claim may fail, and its delivery comes some rounds later. */
const EARLY = FLOOD / 2;
let system: System;
let gateway: WebhookGateway;
beforeAll(async () => {
  gateway = await WebhookGateway.start();
  const env = {
    OTP_DELIVERY: 'webhook',
    OTP_WEBHOOK_URL: gateway.url,
    OTP_WEBHOOK_SECRET: 'a secret of the gateway',
  };
  system = await System.start({ workers: 0, env });
});
afterAll(async () => {
  await system.stop();
  await gateway.stop();
});

it('a flood of one account delays neither sign-in codes nor the codes of another account', async () => {
  const [client, attacker] = [system.client(), await system.signedIn()];
  const ask = (me: Client, path: string, who: object) => insist(() => me.post(path, who));
  for (let n = 0; n < FLOOD; n++)
    expect((await ask(attacker, '/user/me/identity', newMobile())).status).toBe(200);
  const others = await Promise.all([system.signedIn(), system.signedIn()]);
  const wanted = [newMobile(), newMobile()];
  for (const [n, other] of others.entries()) await ask(other, '/user/me/identity', wanted[n] ?? {});
  const signingIn = { mobile: others[0].user.mobile };
  await ask(client, '/auth/send-otp', signingIn);
  await system.startWorker();
  await eventually('all deliveries', () => gateway.deliveries.length >= FLOOD + 3, 120_000);
  const order = gateway.deliveries.map(({ body }) => body.to);
  for (const { mobile } of [signingIn, ...wanted]) expect(order.indexOf(mobile)).toBeLessThan(EARLY);
  const items = "SELECT FROM work_item WHERE kind = 'code-delivery'";
  await eventually('no work is left', async () => (await system.db.query(items)).rowCount === 0);
}, 300_000);
