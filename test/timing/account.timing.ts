// Whether the time of an answer tells if there is an account. Not among the tests, since a busy machine decides too:
//   npm test -- --testMatch '<rootDir>/test/timing/*.timing.ts'
import { hash } from '@node-rs/argon2';
import { eventually } from '../support/eventually.js';
import { WebhookGateway } from '../support/otp-gateways.js';
import { newMobile } from '../support/people.js';
import { System } from '../support/system.js';
import { mannWhitney, median } from './mann-whitney.js';

const PAIRS = 500;
const POOL = 50;
const SIGNIFICANT = 0.001;
/** Milliseconds of quiet before each request, once the worker is idle: a delivery must not be measured with the next one. */
const QUIET = 15;

let system: System;
let gateway: WebhookGateway;
beforeAll(async () => {
  gateway = await WebhookGateway.start();
  system = await System.start({
    env: {
      LOG_LEVEL: 'warn',
      OTP_DELIVERY: 'webhook',
      OTP_WEBHOOK_URL: gateway.url,
      OTP_WEBHOOK_SECRET: 'secret',
    },
  });
}, 60_000);
afterAll(async () => {
  await system.stop();
  await gateway.stop();
});

const pause = () => new Promise((resolve) => setTimeout(resolve, QUIET));

async function measure(path: string, body: object, expected: number): Promise<number> {
  // Every identity is asked for more often than a person may guess.
  await system.db.query('DELETE FROM password_guard');
  await pause();
  const started = performance.now();
  const { status } = await system.client().post(path, body);
  const time = performance.now() - started;
  if (status !== expected) throw new Error(`${path} answered ${status}`);
  await eventually('the worker is idle', async () => {
    const { rows } = await system.db.query('SELECT FROM otp_challenge WHERE sealed_code IS NOT NULL');
    return rows.length === 0;
  });
  return time;
}

it.each([
  ['/auth/send-otp', {}, 200],
  ['/auth/forgot-password', {}, 200],
  ['/auth/login', { password: 'not the right password' }, 401],
])(
  '%s takes as long for unknown identities as for known ones',
  async (path, more, expected) => {
    const known = Array.from({ length: POOL }, newMobile);
    const unknown = Array.from({ length: POOL }, newMobile);
    const passwordHash = await hash('the right password');
    for (const { mobile } of known) {
      const { id } = await system.user({ mobile });
      await system.db.query('UPDATE app_user SET password_hash = $2 WHERE id = $1', [id, passwordHash]);
    }
    const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
    for (let pair = -POOL; pair < PAIRS; pair++) {
      const kinds: ('known' | 'unknown')[] =
        Math.random() < 0.5 ? ['known', 'unknown'] : ['unknown', 'known'];
      for (const kind of kinds) {
        const who = (kind === 'known' ? known : unknown)[(pair + POOL) % POOL];
        const time = await measure(path, { ...who, ...more }, expected);
        if (pair >= 0) times[kind].push(time);
      }
    }
    const { effect, p } = mannWhitney(times.known, times.unknown);
    console.log(
      `${path}: median ${median(times.known).toFixed(2)} ms known, ${median(times.unknown).toFixed(2)} ms unknown, ` +
        `${PAIRS} pairs, P(known slower) = ${effect.toFixed(3)}, p = ${p.toFixed(4)}`,
    );
    expect(p).toBeGreaterThan(SIGNIFICANT);
  },
  600_000,
);
