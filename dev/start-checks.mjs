import { createServer } from 'node:net';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { endLeftovers } from './leftovers.mjs';
import { tryLock } from './lock.mjs';
import { readSettings } from './settings.mjs';

/**
 * What can be refused before anything long is done: a second start in one clone, a port that is taken.
 * The clone stays locked until this process ends.
 * @param {string} root the project's folder
 */
export async function refuseEarly(root) {
  const lock = tryLock(join(root, '.local', 'start.lock'));
  if ('owner' in lock) {
    throw new Failure(
      `npm start is already running in this clone (process ${lock.owner}): use that one, or end it with Ctrl-C first.`,
    );
  }
  process.on('exit', lock.release);
  await endLeftovers(root);
  const { PORT = '3000', HOST = '127.0.0.1' } = readSettings(root);
  await requireFreePort(Number(PORT), HOST);
}

/** @param {number} port @param {string} host */
async function requireFreePort(port, host) {
  const server = createServer();
  const error = await new Promise((resolve) => {
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
  if (!error) return;
  const other = `choose another one, for example with PORT=${port < 1024 ? 3000 : port + 1} npm start.`;
  if (error.code === 'EADDRINUSE')
    throw new Failure(`Port ${port} is taken by another program: stop that one, or ${other}`);
  throw new Failure(`Port ${port} of ${host} cannot be used (${error.code}): ${other}`);
}
