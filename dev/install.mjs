import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digest, isStamped, writeStamp } from './stamp.mjs';
import { Failure, run, step } from './step.mjs';

/**
 * Installs the locked dependencies when they are missing or not those of the lockfile.
 * @param {string} root the project's folder
 * @param {AbortSignal} signal
 */
export async function install(root, signal) {
  const stamp = join(root, 'node_modules', '.installed');
  const wanted = digest(root, ['package.json', 'package-lock.json']);
  if (isStamped(stamp, wanted)) return;
  if (!installedByHand(root)) {
    await step('Installing the locked dependencies', () => npmCi(root, signal));
  }
  writeStamp(stamp, wanted);
}

/** @param {string} root @param {AbortSignal} signal */
async function npmCi(root, signal) {
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const args = [...npm.slice(1), 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const env = { ...process.env, NODE_ENV: 'development' };
  const { code, output } = await run(/** @type {string} */ (npm[0]), args, { cwd: root, env, signal });
  if (code === 0) return;
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|network/.test(output)) {
    throw new Failure(
      'The dependencies could not be downloaded: check the network (or the proxy and registry of `npm config`) and start again.',
    );
  }
  throw new Failure(`npm ci failed:\n${output.trim()}`);
}

/** npm records what it installed: nothing is to be done if the record names every package of the lockfile. @param {string} root */
function installedByHand(root) {
  const record = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(record);
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || (present[path] ? present[path].version === version : optional),
  );
}

/** @param {string} file @returns {Record<string, { version: string, optional?: boolean }>} */
function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}
