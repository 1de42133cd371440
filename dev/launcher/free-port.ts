import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { readOrEmpty } from './daemon.js';

/** A TCP port of 127.0.0.1 that nothing listens on at this moment. */
export const freePort = () => listenBriefly(0);

async function listenBriefly(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (!address || typeof address === 'string') throw new Error('No TCP port was given.');
  return address.port;
}

/**
 * The port of the last time, if it is free, else a new one, remembered in the file: for addresses that outlive a start,
 * such as the checkout links that are stored.
 */
export async function stablePort(file: string): Promise<number> {
  const last = Number(readOrEmpty(file));
  const port = await listenBriefly(last).catch(freePort);
  writeFileSync(file, String(port));
  return port;
}
