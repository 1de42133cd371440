import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import getPort from 'get-port';
import { readOrEmpty } from './daemon.js';

const host = '127.0.0.1';

/**
 * A TCP port of 127.0.0.1 that is free now, below those that the system gives to outgoing connections: one of these could be
 * taken by any connection while the process that is to listen there starts. This process is not given the same port again
 * for 15 seconds.
 */
export const freePort = () =>
  getPort({ host, port: Array.from({ length: 20 }, () => randomInt(15_000, 32_000)) });

/**
 * The port that the file names if it is free, else a new one, which is written to the file: for addresses that outlive
 * one start, such as checkout links that the database stores.
 */
export async function stablePort(file: string): Promise<number> {
  const previous = Number.parseInt(readOrEmpty(file), 10) || 0;
  const port = await getPort({ host, port: previous });
  writeFileSync(file, String(port));
  return port;
}
