import { createServer } from 'node:net';
import { join } from 'node:path';
import { tryLock } from './lock.mjs';
import { endRecordedProcesses } from './processes.mjs';
import { readSettings } from './settings.mjs';
import { Failure } from './step.mjs';

/**
 * Fails before anything long is done if `npm start` runs in this clone already or the port is taken. The clone stays
 * locked until this process exits.
 * @param {string} root the project's folder
 */
export async function checkStart(root) {
  const lock = tryLock(join(root, '.local', 'start.lock'));
  if ('owner' in lock) {
    throw new Failure(
      `npm start is already running in this clone (process ${lock.owner}): use that one, or end it with Ctrl-C first.`,
    );
  }
  process.on('exit', lock.release);
  await endRecordedProcesses(root);
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
