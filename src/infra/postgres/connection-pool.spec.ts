import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { isPooled } from './connection-config.js';
import { ConnectionPool } from './connection-pool.js';

const pooled = (url: string, direct?: string, prepare = true) =>
  isPooled({ DATABASE_URL: url, DIRECT_DATABASE_URL: direct, DATABASE_PREPARED_STATEMENTS: prepare });

it('is so when migrations go to another server, or nothing may be prepared', () => {
  expect(pooled('postgresql://u:p@db:6432/app', 'postgresql://u:p@db:5432/app')).toBe(true);
  expect(pooled('postgresql://u:p@bouncer/app', 'postgresql://u:p@db/app')).toBe(true);
  expect(pooled('postgresql://u:p@db/app', undefined, false)).toBe(true);
});

it('is not so for one server, however it is written', () => {
  expect(pooled('postgresql://u:p@db/app')).toBe(false);
  expect(pooled('postgresql://u:p@db/app', 'postgresql://owner:q@db:5432/app?sslmode=require')).toBe(false);
  expect(pooled('postgres://u:p@db:5433/app', 'postgresql://u:p@db:5433/app')).toBe(false);
});

/** A message of PostgreSQL's protocol. */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

it('does not end the process when the server ends a connection in the message that opens it', async () => {
  const opened = [message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))];
  const ended = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection\0\0'));
  const server = createServer((socket) =>
    socket.once('data', () => socket.end(Buffer.concat([...opened, ended]))).on('error', () => undefined),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const pool = new ConnectionPool({
    DATABASE_URL: `postgresql://u:p@127.0.0.1:${(server.address() as AddressInfo).port}/app`,
    DIRECT_DATABASE_URL: undefined,
    DATABASE_PREPARED_STATEMENTS: true,
    DATABASE_POOL_SIZE: 1,
  });
  await expect(pool.query('SELECT 1')).rejects.toThrow();
  expect(pool.totalCount).toBe(0);
  await pool.end();
  server.close();
});
