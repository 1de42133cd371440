import { execFileSync } from 'node:child_process';
import { Failure } from '../failure.mjs';
import { extractRedis, type RedisBinary } from './redis-extraction.js';

const HOW_TO =
  'There is no Redis 6.2 or newer here: install one (`brew install redis`; `apt install redis-server`, on Windows inside WSL2), ' +
  'or start one with `docker compose up -d redis`, and set REDIS_URL to it.';

/**
 * A Redis or Valkey to run: one on PATH, else one unpacked from the distribution's packages, without root.
 * @param cache a folder where unpacked packages are kept for the next start
 * @throws Failure that says how to get one
 */
export async function findRedis(cache: string): Promise<RedisBinary> {
  for (const command of ['redis-server', 'valkey-server']) if (recentEnough(command)) return { command };
  const extracted = await extractRedis(cache);
  if (extracted && recentEnough(extracted.command, extracted.env)) return extracted;
  throw new Failure(HOW_TO);
}

/** The queue's library wants Redis 6.2. */
function recentEnough(command: string, env?: NodeJS.ProcessEnv): boolean {
  try {
    const said = execFileSync(command, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: env ?? process.env,
    });
    const [, major, minor] = /v=(\d+)\.(\d+)/.exec(said) ?? [];
    return Number(major) > 6 || (Number(major) === 6 && Number(minor) >= 2);
  } catch {
    return false; // not there, or cannot run here
  }
}
