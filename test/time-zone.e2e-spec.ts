import { buildSubscription } from './support/factories.js';
import { openRoom, ending, prompt } from './support/rooms.js';
import { System } from './support/system.js';

const DAY = 86_400_000;

/** Where the local day is another one than the UTC day at this moment. */
const zone = new Date().getUTCHours() < 12 ? 'Etc/GMT+12' : 'Pacific/Kiritimati';

describe.each([zone, 'America/Sao_Paulo'])(
  'on a machine whose time zone is %s and whose language is Turkish',
  (TZ) => {
    let system: System;

    beforeAll(async () => {
      system = await System.start({ env: { TZ, LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' } });
    }, 120_000);
    afterAll(() => system?.stop(), 60_000);

    it('a day is a UTC day, and times are right', async () => {
      const person = await system.signedIn();
      const room = await openRoom(person, { title: 'ISTANBUL' });
      const before = new Date();
      const reply = await ending(person, room, await prompt(person, room, '[[say hi]]'), 60_000);
      const after = new Date();
      const days = [before, after].map((at) => at.toISOString().slice(0, 10));
      const { rows } = await system.db.query<{ day: string }>('SELECT day::text AS day FROM quota_usage');
      expect(rows).toHaveLength(1);
      expect(days).toContain(rows[0]?.day);
      const { usage } = (await person.get('/subscription/status')).body;
      expect(usage.used).toBe(1);
      const midnights = [before, after].map((at) =>
        new Date(Math.floor(at.getTime() / DAY + 1) * DAY).toISOString(),
      );
      expect(midnights).toContain(new Date(usage.resetsAt).toISOString());
      for (const at of [reply.createdAt, reply.completedAt].map((text) => Date.parse(text))) {
        expect(at).toBeGreaterThan(before.getTime() - 60_000);
        expect(at).toBeLessThan(after.getTime() + 60_000);
      }
    }, 120_000);

    it('the end of a period is the moment that Stripe names, and the grace ends when it should', async () => {
      const person = await system.signedIn();
      await buildSubscription(system.db, person.user.id, { status: 'past_due' });
      await system.db.query(
        `UPDATE subscription SET current_period_start = now() - interval '71 hours', current_period_end = '2027-03-14T02:30:00Z'`,
      );
      const { body } = await person.get('/subscription/status');
      expect([body.tier, body.currentPeriodEnd]).toEqual(['pro', '2027-03-14T02:30:00.000Z']);
      await system.db.query(`UPDATE subscription SET current_period_start = now() - interval '73 hours'`);
      expect((await person.get('/subscription/status')).body.tier).toBe('basic');
    }, 60_000);

    it('case is folded as English does', async () => {
      const { body, status } = await system.client().post('/auth/signup', {
        email: 'INFO@EXAMPLE.COM',
        password: 'a long enough passphrase',
      });
      expect([status, body.code]).toEqual([201, undefined]);
      const again = await system.client().post('/auth/send-otp', { email: 'info@example.com' });
      expect([again.status, again.body.code]).toEqual([200, undefined]);
    }, 60_000);
  },
);
