import getPort from 'get-port';

/** A port of 127.0.0.1 that was free a moment ago. */
export const freePort = () => getPort({ host: '127.0.0.1' });
