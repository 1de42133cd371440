import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createGeminiSandbox } from '../sandbox/gemini/create-gemini-sandbox.js';
import { Failure, run, step } from '../step.mjs';
import { AppProcess } from './app-process.js';
import { freePort } from './free-port.js';
import { runFolder } from './run-folder.js';
import { startThrowawayServices } from './services.js';
import { createDatabase, migrate } from './template-database.js';

/** Milliseconds that the processes may take to start, and one request to be answered. */
const START = 60_000;
const REQUEST = 30_000;

/**
 * Runs dist/main.js and dist/worker.js as in production on another release of Node: signs in, sends a prompt, reads its reply
 * and its stream, and stops both in order.
 * @param args the release, such as `24`, which npm brings
 * @returns the exit code
 */
export async function main(root: string, [release = '24']: string[], signal: AbortSignal): Promise<number> {
  const node = await step(`Node ${release}`, () => findNode(release, signal));
  const folder = await runFolder(root);
  const gemini = createGeminiSandbox();
  try {
    const services = await startThrowawayServices(root, folder);
    try {
      await createDatabase(services.postgres.url('postgres'), 'smoke');
      const env = {
        ...settings(await freePort()),
        DATABASE_URL: services.postgres.url('smoke'),
        REDIS_URL: services.redis.url,
        GEMINI_BASE_URL: await gemini.listen(),
      };
      await migrate(root, env, signal);
      await step('API and worker: start, one reply, stop', () => runProduct(root, node.path, env));
    } finally {
      await services.stop();
    }
  } finally {
    await gemini.close();
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`The built product works on Node ${node.version}.`);
  return 0;
}

async function findNode(release: string, signal: AbortSignal): Promise<{ path: string; version: string }> {
  const print = 'JSON.stringify({ path: process.execPath, version: process.versions.node })';
  const { code, output } = await run('npx', ['-y', `node@${release}`, '-p', print], { signal });
  const line = output.split('\n').find((each) => each.startsWith('{"path":'));
  if (code !== 0 || !line) throw new Failure(`npm does not bring Node ${release}:\n${output.trim()}`);
  const node = JSON.parse(line) as { path: string; version: string };
  if (!node.version.startsWith(release)) throw new Failure(`npm brings Node ${node.version}, not ${release}`);
  return node;
}

function settings(port: number): Record<string, string> {
  return {
    ...(process.env.PATH && { PATH: process.env.PATH }),
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    HOST: '127.0.0.1',
    PORT: String(port),
    WORKER_HEALTH_PORT: '0',
    SHUTDOWN_GRACE_SECONDS: '0',
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    JWT_SECRET: randomBytes(48).toString('base64'),
    OTP_DELIVERY: 'response',
    OTP_ALLOW_RESPONSE_IN_PRODUCTION: 'true',
    GEMINI_API_KEY: 'smoke',
    STRIPE_SECRET_KEY: 'sk_test_smoke',
    STRIPE_WEBHOOK_SECRET: `whsec_${randomBytes(24).toString('hex')}`,
    STRIPE_PRO_PRICE_ID: 'price_smoke',
  };
}

async function runProduct(root: string, node: string, env: Record<string, string>): Promise<void> {
  const processes = ['main', 'worker'].map(
    (name) => new AppProcess(name, join(root, `dist/${name}.js`), env, node),
  );
  try {
    for (const each of processes) await started(each);
    await useProduct(String(env.PUBLIC_URL));
  } finally {
    await Promise.all(processes.map((each) => each.stop()));
  }
  for (const each of processes) {
    const end = await each.exited;
    if (end !== 'ended with code 0')
      throw new Failure(`The ${each.name} process ${end} when it was stopped.`);
  }
}

async function started(program: AppProcess): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`was not ready within ${START / 1_000} s`), START);
  });
  const problem = await Promise.race([program.ready.then((ready) => (ready ? null : program.exited)), late]);
  clearTimeout(timer);
  if (problem) throw new Failure(`The ${program.name} process ${problem}.`);
}

/** The session of the README: sign up, sign in, open a chatroom, send a prompt, read the reply and its stream. */
async function useProduct(url: string): Promise<void> {
  const mobile = '9876543210';
  await call(url, '/auth/signup', { mobile });
  const { otp } = await call(url, '/auth/send-otp', { mobile });
  const { accessToken } = await call(url, '/auth/verify-otp', { mobile, otp });
  const headers = { Authorization: `Bearer ${accessToken as string}`, Prefer: 'wait=20' };
  const { id } = await call(url, '/chatroom', {}, headers);
  const path = `/chatroom/${id as string}/message`;
  const { reply } = await call(url, path, { content: '[[say It works.]]' }, headers);
  const { id: replyId, status, content } = reply as Record<string, string>;
  if (status !== 'completed' || content !== 'It works.')
    throw new Failure(`The reply is not the expected one: ${JSON.stringify(reply)}`);
  const response = await fetch(`${url}${path}/${replyId}/stream`, {
    headers,
    signal: AbortSignal.timeout(REQUEST),
  });
  const stream = await response.text();
  if (!stream.includes('event: completed')) throw new Failure(`The stream has no ending:\n${stream}`);
}

async function call(
  url: string,
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(REQUEST),
  });
  const text = await response.text();
  if (!response.ok) throw new Failure(`POST ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}
