import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { step } from '../step.mjs';

const execute = promisify(execFile);
/** A program to run, and the environment it needs beyond the usual one. */
export interface RedisBinary {
  command: string;
  env?: NodeJS.ProcessEnv;
}

/** Missing on a minimal system though the packages count on them. */
const ALSO = ['libatomic1', 'libssl3'];

/**
 * Downloads Debian's or Ubuntu's redis-server with the libraries this system lacks and unpacks them into the cache:
 * nothing is installed, root is not needed, package lists of its own are used.
 * @returns null where there is no apt or it cannot download
 */
export async function extractRedis(cache: string): Promise<RedisBinary | null> {
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
  const known = process.env.LD_LIBRARY_PATH ? [process.env.LD_LIBRARY_PATH] : [];
  return {
    command: join(folder, 'usr/bin/redis-server'),
    env: { ...process.env, LD_LIBRARY_PATH: [...libraries, ...known].join(':') },
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
  // apt drops root for a user of its own, who cannot write here.
  if (process.getuid?.() === 0) options.push('APT::Sandbox::User=root');
  return ['-q', ...options.flatMap((option) => ['-o', option])];
}

/** What apt would install for a Redis, told by a simulation: `Inst redis-server (5:7.0.15-1 ...)`. */
async function packagesToInstall(apt: string[], work: string): Promise<string[]> {
  const { stdout } = await execute(
    'apt-get',
    [...apt, '-s', '--no-install-recommends', 'install', 'redis-server'],
    { cwd: work },
  );
  const named = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name as string);
  return [...new Set([...named, 'redis-server', 'redis-tools', ...ALSO])];
}

async function succeeds(command: string, args: string[]): Promise<boolean> {
  return execute(command, args).then(
    () => true,
    () => false,
  );
}
