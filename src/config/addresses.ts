import { z } from 'zod';

/**
 * The address of a PostgreSQL. A user without a host, as in `postgresql://user:password@/app?host=/cloudsql/...`, is what the
 * clouds write for a unix socket, and no URL: it gets a host, which `?host=` replaces.
 */
export const withHost = (address: string | undefined) =>
  address?.replace(/^(postgres(?:ql)?:\/\/[^/?#]*@)\//, '$1localhost/');

/** The address of a PostgreSQL: a host, or the folder of a socket as `?host=`. */
export const databaseUrl = z
  .string()
  .refine((v) => URL.canParse(v) && ['postgresql:', 'postgres:'].includes(new URL(v).protocol), {
    message:
      'wants an address that begins with postgresql:// or postgres://, with one host, and with user and password percent-encoded',
  });

/** The address of a Redis: a host, or the path of a socket. */
export const redisUrl = z.string().refine(isRedisAddress, {
  message:
    'wants an address that begins with redis:// or rediss://, with user and password percent-encoded and the number of a database as its path, or unix:///path?db=number',
});

function isRedisAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, pathname, username, password } = new URL(address);
  if (protocol === 'unix:') return pathname.length > 1;
  // A path of another kind, as of a socket, would lead to another server without a word.
  const leadsToDatabase = hostname !== '' && /^\/?\d*$/.test(pathname);
  return ['redis:', 'rediss:'].includes(protocol) && leadsToDatabase && isDecodable(username + password);
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
