import { Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { reasonOf } from '../../common/outage-log.js';
import { Settings } from '../../config/settings.js';
import { POSTGRES } from '../../config/timing.js';
import { connectionConfig, schemaOf } from './connection-config.js';
import { READ_SERVER_STATE } from './server-state.sql.js';
import { type ServerState, type StateProblems, stateProblems } from './server-state.js';

/** A PgBouncer refuses a parameter of the connection with it. */
const PROTOCOL_VIOLATION = '08P01';

/** Milliseconds for a connection, and for the check, before a process starts. */
const START_LIMIT = 5_000;

const NOTHING_KNOWN: StateProblems = { lasting: [], readOnly: [], undone: [] };

/**
 * Checks PostgreSQL over connections of its own, which are made as those of the pool are: a pool whose connections are all in
 * use is no outage of PostgreSQL.
 */
@Injectable()
export class DatabaseProbe implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Database');
  private readonly pool: pg.Pool;

  constructor(private readonly settings: Settings) {
    this.pool = new pg.Pool({
      ...connectionConfig(settings),
      application_name: 'gemini-chat:probe',
      max: 1,
      connectionTimeoutMillis: POSTGRES.probe,
      query_timeout: POSTGRES.probe,
    });
    // The next check opens a new connection and throws the reason; the shared pool logs the outage.
    this.pool.on('error', () => undefined);
  }

  /**
   * Refuses a database that will never suit, before work is taken or requests are accepted. One that cannot be reached now is
   * no reason not to start.
   * @throws Error that names each thing that is wrong
   */
  async onApplicationBootstrap(): Promise<void> {
    const { lasting, readOnly, undone } = await this.stateAtStart();
    if (lasting.length > 0) throw new Error(refusal(lasting));
    for (const problem of [...readOnly, ...undone]) this.logger.error(`PostgreSQL: ${problem}`);
  }

  /**
   * @returns what keeps the process from working with PostgreSQL, in words that may be public
   * @throws Error of node-postgres when PostgreSQL does not respond within a second
   */
  async check(): Promise<string | void> {
    const { lasting, readOnly, undone } = await this.problems(this.pool);
    const problems = [...lasting, ...readOnly, ...undone];
    if (problems.length > 0) return problems.join('; ');
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }

  /** Tried twice, with more time than a request has: a slow machine, or a pooler with a dead connection, starts nothing unchecked. */
  private async stateAtStart(attemptsLeft = 1): Promise<StateProblems> {
    const time = { connectionTimeoutMillis: START_LIMIT, query_timeout: START_LIMIT };
    const pool = new pg.Pool({ ...connectionConfig(this.settings), ...time, max: 1 });
    pool.on('error', () => undefined);
    try {
      return await this.problems(pool);
    } catch (error) {
      const isRefusedByPooler = (error as { code?: unknown }).code === PROTOCOL_VIOLATION;
      if (isRefusedByPooler) return { ...NOTHING_KNOWN, lasting: [pooledAddress(error)] };
      if (attemptsLeft > 0) return await this.stateAtStart(attemptsLeft - 1);
      this.logger.warn(`PostgreSQL could not be checked: ${reasonOf(error)}`);
      return NOTHING_KNOWN;
    } finally {
      await pool.end();
    }
  }

  private async problems(pool: pg.Pool): Promise<StateProblems> {
    const { rows } = await pool.query<ServerState>(READ_SERVER_STATE.text);
    const [state] = rows;
    if (!state) throw new Error('PostgreSQL returned no row');
    return stateProblems(state, schemaOf(this.settings.DATABASE_URL));
  }
}

const refusal = (problems: string[]) =>
  `the database of DATABASE_URL does not suit (see .env.example):\n${problems.map((each) => `  - ${each}`).join('\n')}`;

const pooledAddress = (error: unknown) =>
  `${reasonOf(error)}: if this is a PgBouncer, set DIRECT_DATABASE_URL to the address of PostgreSQL itself`;
