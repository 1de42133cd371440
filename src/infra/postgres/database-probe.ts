import { Injectable, OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { Settings } from '../../config/settings.js';

/** Milliseconds: connecting and asking each fail after this, so that a frozen server is noticed within a second. */
const PATIENCE = 400;

/** Asks PostgreSQL over a connection of its own: a pool that is only busy must not look like a database that is gone. */
@Injectable()
export class DatabaseProbe implements OnApplicationShutdown {
  private readonly pool: pg.Pool;

  constructor(settings: Settings) {
    this.pool = new pg.Pool({
      connectionString: settings.DATABASE_URL,
      application_name: 'gemini-chat:probe',
      max: 1,
      connectionTimeoutMillis: PATIENCE,
      query_timeout: PATIENCE,
      idleTimeoutMillis: 30_000,
    });
    // The next question opens a new connection and says what is wrong; the shared pool logs the loss.
    this.pool.on('error', () => undefined);
  }

  /** @throws Error when PostgreSQL does not answer within a second */
  async ask(): Promise<void> {
    await this.pool.query('SELECT 1');
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}
