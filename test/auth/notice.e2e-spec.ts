import { Logger } from '@nestjs/common';
import { NoticeService } from '../../src/auth/notice/notice.service.js';
import { loadSettings, type Settings } from '../../src/config/settings.js';
import type { NoticeType } from '../../src/infra/otp-delivery/otp-delivery.js';
import { Database } from '../../src/infra/postgres/database.js';
import { eventually } from '../support/eventually.js';
import { MailServer, WebhookGateway } from '../support/otp-gateways.js';
import { newEmail, newMobile } from '../support/people.js';
import { System } from '../support/system.js';

let system: System;
let gateway: WebhookGateway;
let mail: MailServer;
let settings: Settings;
let database: Database;
let notices: NoticeService;
beforeAll(async () => {
  Logger.overrideLogger(false);
  [gateway, mail] = [await WebhookGateway.start(), await MailServer.start()];
  const delivery = {
    OTP_DELIVERY: 'webhook',
    OTP_WEBHOOK_URL: gateway.url,
    OTP_WEBHOOK_SECRET: 'the secret of the gateway',
    SMTP_URL: mail.url,
  };
  system = await System.start({ apis: 0, env: delivery });
  settings = loadSettings(system.env);
  database = new Database(settings);
  notices = new NoticeService(settings);
});
afterAll(async () => {
  await database.onApplicationShutdown();
  await system.stop();
  await gateway.stop();
  await mail.stop();
});

const toMobile = (notice: NoticeType, address: string, sql: Pick<Database, 'query'> = database) =>
  notices.send(sql, { kind: 'mobile', address }, notice, 'request-1');
const stored = async (address: string) =>
  (await system.db.query('SELECT type FROM notice WHERE address = $1', [address])).rows;

/** What arrived at a number, once there is something and nothing is left to deliver. */
const delivered = (address: string) =>
  eventually('the notice', async () => {
    const arrived = gateway.to(address);
    return arrived.length > 0 && (await stored(address)).length === 0 && arrived;
  });

it('arrives by webhook, names its type, has a text and no code, and leaves no row', async () => {
  const { mobile } = newMobile();
  await toMobile('identity_changed', mobile);
  const [{ body } = { body: {} }] = await delivered(mobile);
  expect(body).toEqual({
    id: expect.any(String),
    channel: 'mobile',
    to: mobile,
    notice: 'identity_changed',
    text: expect.stringContaining('no longer belongs to your Gemini chat account'),
  });
  const items = "SELECT 1 FROM work_item WHERE kind = 'notice'";
  await eventually('no work is left', async () => (await system.db.query(items)).rowCount === 0);
});

it('arrives by email', async () => {
  const email = newEmail().email.toLowerCase();
  await notices.send(database, { kind: 'email', address: email }, 'identity_taken_attempt', null);
  const { text } = await eventually('the mail', () => mail.mails.find(({ to }) => to === email));
  expect(text).toContain('Subject: Your Gemini chat account');
  expect(text).toContain('Somebody tried to add this number or address');
});

it('is tried again under the same id, and given up when it is refused for good', async () => {
  const [{ mobile: again }, { mobile: refused }] = [newMobile(), newMobile()];
  gateway.answers = [503, 204];
  await toMobile('identity_changed', again);
  const ids = (await delivered(again)).map(({ body }) => body.id);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
  gateway.answers = [400];
  await toMobile('identity_changed', refused);
  expect(await delivered(refused)).toHaveLength(1);
});

it('is not sent when the transaction that sends it is rolled back', async () => {
  const [{ mobile }, { mobile: later }] = [newMobile(), newMobile()];
  const change = database.transaction(async (sql) => {
    await toMobile('identity_changed', mobile, sql);
    throw new Error('the change failed');
  });
  await expect(change).rejects.toThrow('the change failed');
  await toMobile('identity_changed', later);
  await delivered(later);
  expect(gateway.to(mobile)).toEqual([]);
});

it('is only logged where codes are returned in the response', async () => {
  const { mobile } = newMobile();
  const shown = new NoticeService({ ...settings, OTP_DELIVERY: 'response' });
  await shown.send(database, { kind: 'mobile', address: mobile }, 'identity_changed', null);
  expect(await stored(mobile)).toEqual([]);
});
