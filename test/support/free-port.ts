import { randomInt } from 'node:crypto';
import getPort from 'get-port';

/**
 * A port of 127.0.0.1 that was free a moment ago, below those that the system gives to outgoing connections: one of
 * these could be taken by any connection of the tests while the process that is to listen there starts.
 */
export const freePort = () =>
  getPort({ host: '127.0.0.1', port: Array.from({ length: 20 }, () => randomInt(15_000, 32_000)) });
