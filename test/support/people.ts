import { randomInt, randomUUID } from 'node:crypto';
import type { Answer, Client } from './client.js';
import { eventually } from './eventually.js';

export type Who = { mobile: string } | { email: string };

export const newMobile = (): { mobile: string } => ({ mobile: `+9197${randomInt(1e7, 1e8)}` });
export const newEmail = (): { email: string } => ({ email: `${randomUUID()}@Example.com` });

/** Any code but this one. */
export const wrong = (otp: string): string => String((Number(otp) + 1) % 1_000_000).padStart(6, '0');

/** Asks again while a machine that is too busy answers 503. */
export function insist(ask: () => Promise<Answer>): Promise<Answer> {
  return eventually(
    'an answer other than 503',
    async () => {
      const answer = await ask();
      return answer.status !== 503 && answer;
    },
    60_000,
  );
}

/** Asks for a code where codes are shown. */
export async function askCode(client: Client, who: Who, route = '/auth/send-otp'): Promise<string> {
  return (await askChallenge(client, who, route)).otp;
}

/** Asks for a code where codes are shown, and returns what uses it. */
export async function askChallenge(
  client: Client,
  who: Who,
  route = '/auth/send-otp',
): Promise<{ otp: string; challengeId: string }> {
  const { status, body, text } = await insist(() => client.post(route, who));
  if (status !== 200) throw new Error(`no code: ${text}`);
  return { otp: body.otp, challengeId: body.challengeId };
}

/** Signs in with a code; the account exists. */
export async function signIn(
  client: Client,
  who: Who,
  more: { password?: string } = {},
): Promise<Answer['body']> {
  const code = await askChallenge(client, who);
  const { status, body, text } = await insist(() =>
    client.post('/auth/verify-otp', { ...who, ...code, ...more }),
  );
  if (status !== 200) throw new Error(`not signed in: ${text}`);
  return body;
}

/** Opens an account and signs in; a password given here works. */
export async function signUp(
  client: Client,
  who: Who = newMobile(),
  more: { password?: string; name?: string } = {},
): Promise<Answer['body']> {
  const { status, text } = await insist(() => client.post('/auth/signup', { ...who, ...more }));
  if (status !== 201) throw new Error(`not signed up: ${text}`);
  return signIn(client, who, more.password ? { password: more.password } : {});
}

/** An account that waits for its first code. */
export async function openAccount(client: Client): Promise<{ mobile: string }> {
  const who = newMobile();
  await client.post('/auth/signup', who);
  return who;
}

/** Gives a code once. @returns the error's code; undefined: the code signed in */
export async function verifyCode(
  client: Client,
  who: Who,
  code: { otp: string; challengeId?: string },
): Promise<string | undefined> {
  return (await client.post('/auth/verify-otp', { ...who, ...code })).body.code;
}

/** `run` for each of `items`, `width` at a time. */
export async function inParallel<T, R>(
  items: T[],
  width: number,
  run: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const lane = async () => {
    for (const [index, item] of queue) results[index] = await run(item);
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}

/** How often each value occurs. */
export function tally(values: (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values.map(String)) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
