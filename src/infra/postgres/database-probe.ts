import { Injectable, OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { Settings } from '../../config/settings.js';
import { POSTGRES } from '../../config/timing.js';

/** Checks PostgreSQL over a connection of its own: a pool whose connections are all in use is no outage of PostgreSQL. */
@Injectable()
export class DatabaseProbe implements OnApplicationShutdown {
  private readonly pool: pg.Pool;

  constructor(settings: Settings) {
    this.pool = new pg.Pool({
      connectionString: settings.DATABASE_URL,
      application_name: 'gemini-chat:probe',
      max: 1,
      connectionTimeoutMillis: POSTGRES.probe,
      query_timeout: POSTGRES.probe,
      idleTimeoutMillis: POSTGRES.idleConnection,
    });
    // The next check opens a new connection and throws the reason; the shared pool logs the outage.
    this.pool.on('error', () => undefined);
  }

  /** @throws Error of node-postgres when PostgreSQL does not respond within a second */
  async check(): Promise<void> {
    await this.pool.query('SELECT 1');
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}
