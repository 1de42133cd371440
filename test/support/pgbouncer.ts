import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { eventually } from './eventually.js';
import { freePort } from '../../dev/launcher/free-port.js';

/** Where Debian's package puts it. */
const PGBOUNCER = '/usr/sbin/pgbouncer';

/** As `.env.example` has it. */
const LIMITS = 'SET statement_timeout = 1500; SET idle_in_transaction_session_timeout = 1200';

export const hasPgBouncer = existsSync(PGBOUNCER);

/** A PgBouncer in transaction mode before one database, as its defaults are. */
export class PgBouncer {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    readonly url: string,
  ) {}

  static async start(databaseUrl: string): Promise<PgBouncer> {
    const { hostname, port, username, password, pathname } = new URL(databaseUrl);
    const name = pathname.slice(1);
    const listenPort = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'pgbouncer-'));
    const file = join(folder, 'pgbouncer.ini');
    const login = `user=${decodeURIComponent(username)} password='${decodeURIComponent(password)}'`;
    const settings = [
      '[databases]',
      `${name} = host=${hostname} port=${port} dbname=${name} ${login} connect_query='${LIMITS}'`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${listenPort}`,
      'unix_socket_dir =',
      'auth_type = any',
      'pool_mode = transaction',
      'default_pool_size = 4',
    ];
    writeFileSync(file, `${settings.join('\n')}\n`);
    // It refuses to be root, and gives that up for whoever it is told.
    const asNobody = process.getuid?.() === 0 ? ['--user', 'nobody'] : [];
    for (const path of asNobody.length > 0 ? [folder, file] : []) chmodSync(path, 0o755);
    const child = spawn(PGBOUNCER, ['--quiet', ...asNobody, file], { stdio: 'ignore' });
    const bouncer = new PgBouncer(child, folder, `postgresql://anybody@127.0.0.1:${listenPort}/${name}`);
    await eventually('PgBouncer answers', () => bouncer.answers());
    return bouncer;
  }

  async stop(): Promise<void> {
    this.process.kill('SIGTERM');
    await once(this.process, 'exit');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async answers(): Promise<boolean> {
    const client = new pg.Client(this.url);
    await client.connect();
    await client.query('SELECT 1').finally(() => client.end());
    return true;
  }
}
