import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Failure, step } from '../step.mjs';

const execute = promisify(execFile);

/** Libraries that the packages need without naming them, and that a minimal system lacks. */
const EXTRA_LIBRARIES = ['libatomic1', 'libssl3'];

const HOW_TO =
  'There is no Redis 6.2 or newer here: install one (`brew install redis`; `apt install redis-server`, on Windows inside WSL2), ' +
  'or start one with `docker compose up -d redis`, and set REDIS_URL to it.';

/** A Redis server program, and the environment it needs, if not that of this process. */
export interface RedisBinary {
  command: string;
  env?: NodeJS.ProcessEnv;
}

/**
 * A Redis or Valkey to run: one on PATH, else one unpacked from the distribution's packages, without root.
 * @param cache a folder where unpacked packages are kept for the next start
 * @throws Failure that says how to get one
 */
export async function findRedis(cache: string): Promise<RedisBinary> {
  for (const command of ['redis-server', 'valkey-server']) if (isRecentRedis(command)) return { command };
  const extracted = await extractRedis(cache);
  if (extracted && isRecentRedis(extracted.command, extracted.env)) return extracted;
  throw new Failure(HOW_TO);
}

/** BullMQ requires Redis 6.2. */
function isRecentRedis(command: string, env?: NodeJS.ProcessEnv): boolean {
  try {
    const output = execFileSync(command, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: env ?? process.env,
    });
    const [, major, minor] = /v=(\d+)\.(\d+)/.exec(output) ?? [];
    return Number(major) > 6 || (Number(major) === 6 && Number(minor) >= 2);
  } catch {
    return false; // not installed, or not executable on this system
  }
}

/**
 * Downloads Debian's or Ubuntu's redis-server with the libraries that this system lacks and unpacks them into the cache.
 * Nothing is installed, root is not needed, and the package lists are separate from those of the system.
 * @returns null where there is no apt or it cannot download
 */
async function extractRedis(cache: string): Promise<RedisBinary | null> {
  const folder = join(cache, 'redis-packages');
  if (!existsSync(folder)) {
    if (!(await succeeds('apt-get', ['--version']))) return null;
    const unpacked = await step('Fetching Redis from the packages of this system', () =>
      unpack(cache, folder),
    );
    if (!unpacked) return null;
  }
  const libraries = readdirSync(join(folder, 'usr/lib'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, 'usr/lib', entry.name));
  const inherited = process.env.LD_LIBRARY_PATH ? [process.env.LD_LIBRARY_PATH] : [];
  return {
    command: join(folder, 'usr/bin/redis-server'),
    env: { ...process.env, LD_LIBRARY_PATH: [...libraries, ...inherited].join(':') },
  };
}

async function unpack(cache: string, folder: string): Promise<boolean> {
  const work = join(cache, `redis-packages.${process.pid}`);
  const tree = join(work, 'tree');
  for (const path of ['lists/partial', 'apt/archives/partial', 'tree'])
    mkdirSync(join(work, path), { recursive: true });
  try {
    const apt = aptOptions(work);
    await execute('apt-get', [...apt, 'update'], { cwd: work });
    const missing = await packagesToInstall(apt, work);
    await execute('apt-get', [...apt, 'download', ...missing], { cwd: work });
    for (const file of readdirSync(work).filter((name) => name.endsWith('.deb'))) {
      await execute('dpkg', ['-x', join(work, file), tree], { cwd: work });
    }
    if (!existsSync(folder)) renameSync(tree, folder);
    return true;
  } catch (error) {
    console.error(
      `  apt could not provide it: ${String((error as { stderr?: string }).stderr ?? error).trim()}`,
    );
    return false;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function aptOptions(work: string): string[] {
  const options = [`Dir::State::lists=${work}/lists`, `Dir::Cache=${work}/apt`, 'Debug::NoLocking=1'];
  // apt would change from root to the user `_apt`, which cannot write to this folder.
  if (process.getuid?.() === 0) options.push('APT::Sandbox::User=root');
  return ['-q', ...options.flatMap((option) => ['-o', option])];
}

/** The packages apt would install, from the output of a simulation: `Inst redis-server (5:7.0.15-1 ...)`. */
async function packagesToInstall(apt: string[], work: string): Promise<string[]> {
  const { stdout } = await execute(
    'apt-get',
    [...apt, '-s', '--no-install-recommends', 'install', 'redis-server'],
    { cwd: work },
  );
  const named = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name as string);
  return [...new Set([...named, 'redis-server', 'redis-tools', ...EXTRA_LIBRARIES])];
}

async function succeeds(command: string, args: string[]): Promise<boolean> {
  return execute(command, args).then(
    () => true,
    () => false,
  );
}
