import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from '@node-rs/argon2';
import { Child } from './child.js';
import { signAccessToken } from './factories.js';
import { learnIssued, learnSent, requireNothingLeaked } from './secrets.js';

const folder = mkdtempSync(join(tmpdir(), 'leaky-'));
const LEAKY = join(folder, 'leaky.mjs');
beforeAll(() =>
  writeFileSync(LEAKY, 'process.send("ready"); console.log(process.env.LINE); process.disconnect();'),
);
afterAll(() => rmSync(folder, { recursive: true }));

const JWT_SECRET = 'a-signing-key-that-is-not-to-be-printed';
const REFRESH_TOKEN = randomBytes(64).toString('base64url');

/** A process that prints a line, as the product's processes are started and ended. */
async function print(line: string): Promise<void> {
  const child = await Child.start(LEAKY, { LINE: line, JWT_SECRET });
  learnSent(JSON.stringify({ password: 'the password of a test', content: 'what is said in confidence' }));
  learnIssued({ otp: '407193', refreshToken: REFRESH_TOKEN });
  await child.exited;
  await child.stop();
}

it.each([
  ['an access token', () => `Bearer ${signAccessToken({ JWT_SECRET }, 'somebody', 'somewhere')}`],
  ['a refresh token', () => `{"refreshToken":"${REFRESH_TOKEN}"}`],
  ['the hash of a refresh token', () => createHash('sha256').update(REFRESH_TOKEN).digest('base64url')],
  ['the hash of a code', () => `params: ${createHash('sha256').update('407193').digest('base64url')}`],
  ['the hash of a password', () => hash('the password of a test')],
  ['a code', () => 'sent 407193 to +91***10'],
  ['a code in JSON', () => '{"otp":"407193"}'],
  ['a password', () => 'wrong: the password of a test'],
  ['a prompt', () => 'INFO: what is said in confidence'],
  ['a setting', () => `{"JWT_SECRET":"${JWT_SECRET}"}`],
])('a process that prints %s fails its test', async (_, secret) => {
  await print(await secret());
  expect(requireNothingLeaked).toThrow('leaky.mjs printed the secret');
  expect(requireNothingLeaked).not.toThrow();
});

it('a process that prints ids, times and numbers does not', async () => {
  await print(
    '[12:00:00.407] INFO: done {"req":{"id":"01a21219-5c72-7394-81f9-407193407193"},"pid":407193,"ms":40.407193,"n":407194}',
  );
  expect(requireNothingLeaked).not.toThrow();
});
