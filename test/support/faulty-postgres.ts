import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres, type PrivatePostgres } from '../../dev/launcher/postgres.js';
import { createDatabase, migrate } from '../../dev/launcher/template-database.js';
import { family, signalAll } from './process-tree.js';
import { TcpProxy } from './tcp-proxy.js';

/** No waiting for the disk; what is committed survives the death of the server, not of the machine. */
const SETTINGS = ['fsync=off', 'full_page_writes=off', 'max_connections=200'];
const DATABASE = 'app';

/** A PostgreSQL that may be killed, frozen and cut off, and comes back under the same address. */
export class FaultyPostgres {
  private constructor(
    private readonly root: string,
    private readonly folder: string,
    private server: PrivatePostgres,
    /** The way the product goes. */
    readonly proxy: TcpProxy,
    private readonly sideEntrance: TcpProxy,
    /** For the observer: goes past the proxy. */
    readonly db: pg.Pool,
  ) {}

  static async start(root: string, folder: string): Promise<FaultyPostgres> {
    const server = await startPostgres({ root, folder, settings: SETTINGS });
    await createDatabase(server.url('postgres'), DATABASE);
    const url = server.url(DATABASE);
    await migrate(root, { DATABASE_URL: url, DIRECT_DATABASE_URL: url }, new AbortController().signal);
    const [proxy, sideEntrance] = await Promise.all([TcpProxy.start(url), TcpProxy.start(url)]);
    const db = new pg.Pool({ connectionString: sideEntrance.url, max: 6 });
    db.on('error', () => undefined);
    return new FaultyPostgres(root, folder, server, proxy, sideEntrance, db);
  }

  get url(): string {
    return this.proxy.url;
  }

  freeze(): void {
    signalAll(this.processes(), 'SIGSTOP');
  }

  thaw(): void {
    signalAll(this.processes(), 'SIGCONT');
  }

  /** The whole server at once, as a machine that loses power. */
  async kill(): Promise<void> {
    signalAll(this.processes(), 'SIGKILL');
    await this.server.exited;
  }

  /** Starts it again after `kill`. */
  async restart(): Promise<void> {
    this.server = await startPostgres({ root: this.root, folder: this.folder, settings: SETTINGS });
    this.proxy.retarget(this.server.url(DATABASE));
    this.sideEntrance.retarget(this.server.url(DATABASE));
  }

  async stop(): Promise<void> {
    this.thaw();
    await this.db.end();
    await this.server.stop();
    await Promise.all([this.proxy.stop(), this.sideEntrance.stop()]);
  }

  private processes(): number[] {
    return family(Number.parseInt(readFileSync(join(this.folder, 'data', 'postmaster.pid'), 'utf8'), 10));
  }
}
