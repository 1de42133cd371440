import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../dev/launcher/free-port.js';
import { startPostgres, type PrivatePostgres } from '../dev/launcher/postgres.js';
import { runFolder } from '../dev/launcher/run-folder.js';
import { createDatabase } from '../dev/launcher/template-database.js';
import { normalizeEnvironment } from '../src/config/environment.js';
import { applyMigrations } from '../src/infra/postgres/migrate.js';
import { hasOpenssl, makeCertificate } from './support/certificate.js';
import { Client } from './support/client.js';
import { onServer } from './support/databases.js';
import { eventually } from './support/eventually.js';
import { PrivateRedis } from './support/private-redis.js';
import { System } from './support/system.js';

/** What has a meaning of its own in an address, and what only looks like an encoded character. */
const USER = 'o dd@:/?#';
const PASSWORD = 'p@ss:/?#[]&=+ %zz%41';
const LOGIN = `${encodeURIComponent(USER)}:${encodeURIComponent(PASSWORD)}`;

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

describe('the servers are reached', () => {
  let system: System;
  let postgres: PrivatePostgres;
  let redis: PrivateRedis;
  let base: string;
  let folder: string;
  let port: string;
  let tlsPort: number;
  const loopback = ['127.0.0.1', ...(hasIpv6 ? ['::1'] : [])];

  beforeAll(async () => {
    base = await runFolder(process.cwd());
    folder = mkdtempSync(join(tmpdir(), 'sockets-'));
    chmodSync(folder, 0o777);
    const listen = [`listen_addresses=${loopback.join(',')}`, `unix_socket_directories=${folder}`];
    postgres = await startPostgres({ root: process.cwd(), folder: base, settings: listen });
    port = new URL(postgres.url('postgres')).port;
    await createDatabase(postgres.url('postgres'), 'app');
    const role = USER.replaceAll('"', '""');
    await onServer(
      postgres.url('app'),
      `CREATE ROLE "${role}" LOGIN PASSWORD '${PASSWORD}'; GRANT CREATE ON SCHEMA public TO "${role}"`,
    );
    const environment = normalizeEnvironment({
      ...{ PG_HOST: '127.0.0.1', PG_PORT: port, PG_USER: USER, PG_PASSWORD: PASSWORD, PG_DATABASE: 'app' },
    });
    await applyMigrations(environment.DATABASE_URL ?? '', join(process.cwd(), 'prisma'));
    tlsPort = await freePort();
    const { cert, key } = hasOpenssl ? makeCertificate(folder) : { cert: '', key: '' };
    const tls = { 'tls-port': String(tlsPort), 'tls-cert-file': cert, 'tls-key-file': key };
    redis = await PrivateRedis.start({
      bind: loopback,
      unixsocket: join(folder, 'redis.sock'),
      ...(hasOpenssl && { ...tls, 'tls-ca-cert-file': cert, 'tls-auth-clients': 'no' }),
    });
    const admin = new Redis(redis.url);
    await admin.call(
      'ACL',
      'SETUSER',
      USER.replace(' ', '-'),
      'on',
      `>${PASSWORD}`,
      '~*',
      '&*',
      '+@all',
      '-@dangerous',
    );
    admin.disconnect();
    system = await System.start({ apis: 0, workers: 0 });
  }, 240_000);
  afterAll(async () => {
    await system?.stop();
    await redis?.stop();
    await postgres?.stop();
    for (const path of [base, folder]) rmSync(path, { recursive: true, force: true });
  }, 60_000);

  /** Whether an API process with these addresses is ready, and reads and writes both. */
  async function requireReady(
    addresses: { DATABASE_URL: string; REDIS_URL: string },
    more = {},
  ): Promise<void> {
    const api = await system.startApi({ ...addresses, ...more });
    await eventually('both work', async () => {
      const { body } = await new Client(api.url).get('/readyz');
      expect(body.dependencies?.map(({ name, detail }: any) => [name, detail])).toEqual([
        ['postgres', null],
        ['redis', null],
      ]);
      return true;
    });
    await api.stop();
  }

  /** PostgreSQL wants a key that only its own account may read. @returns the path of the certificate */
  async function useTls(): Promise<string> {
    const [cert, key, its] = ['cert.pem', 'key.pem', 'postgres-key.pem'].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    copyFileSync(key, its);
    const { uid, gid } = statSync(join(base, 'data'));
    chmodSync(its, 0o600);
    chownSync(its, uid, gid);
    for (const setting of [`ssl_cert_file = '${cert}'`, `ssl_key_file = '${its}'`, 'ssl = on'])
      await onServer(postgres.url('app'), `ALTER SYSTEM SET ${setting}`);
    await onServer(postgres.url('app'), 'SELECT pg_reload_conf()');
    const isOn = async () =>
      (await onServer<{ ssl: string }>(postgres.url('app'), 'SHOW ssl'))[0]?.ssl === 'on';
    await eventually('TLS', isOn);
    return cert;
  }

  const redisLogin = () => LOGIN.replace('%20', '-');

  it(
    'by sockets, with a user and a password of any characters',
    () =>
      requireReady({
        DATABASE_URL: `postgresql://${LOGIN}@/app?host=${folder}&port=${port}`,
        REDIS_URL: `unix://${join(folder, 'redis.sock')}?db=1`,
      }),
    120_000,
  );

  (hasIpv6 ? it : it.skip)(
    'by IPv6, with a user of an ACL',
    () =>
      requireReady({
        DATABASE_URL: `postgresql://${LOGIN}@[::1]:${port}/app`,
        REDIS_URL: redis.url.replace('127.0.0.1', `${redisLogin()}@[::1]`),
      }),
    120_000,
  );

  (hasOpenssl ? it : it.skip)(
    'over TLS with an authority of their own',
    async () => {
      const cert = await useTls();
      await requireReady(
        {
          DATABASE_URL: `postgresql://${LOGIN}@localhost:${port}/app?sslmode=verify-full&sslrootcert=${cert}`,
          REDIS_URL: `rediss://${redisLogin()}@localhost:${tlsPort}`,
        },
        { NODE_EXTRA_CA_CERTS: cert },
      );
    },
    120_000,
  );

  (hasIpv6 ? it : it.skip)(
    'by clients over IPv6 alone',
    async () => {
      const env = {
        DATABASE_URL: `postgresql://${LOGIN}@[::1]:${port}/app`,
        REDIS_URL: redis.url,
        HOST: '::1',
      };
      const [apiPort, workerPort] = [String(await freePort()), String(await freePort())];
      const api = await system.startApi({ ...env, PORT: apiPort });
      const worker = await system.startWorker({ ...env, WORKER_HEALTH_PORT: workerPort });
      for (const its of [apiPort, workerPort])
        await eventually(
          'ready',
          async () => (await new Client(`http://[::1]:${its}`).get('/readyz')).body.status === 'ok',
        );
      await Promise.all([api.stop(), worker.stop()]);
    },
    120_000,
  );
});
