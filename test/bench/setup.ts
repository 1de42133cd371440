import pg from 'pg';
import { Child } from '../support/child.js';
import type { Servers } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import type { SignedIn } from '../support/factories.js';
import { freePort } from '../../dev/launcher/free-port.js';
import { inParallel } from '../support/people.js';
import { System } from '../support/system.js';
import type { Contender } from './load.js';

/** JavaScript that runs from its source, so that it is the same under Jest and compiled. */
const NAIVE = 'test/bench/naive/server.mjs';

/** As `npm run start:prod`, without a log line for each request: what is measured is not the reader of a log. */
const AS_DEPLOYED = {
  NODE_OPTIONS: '--max-semi-space-size=2',
  LOG_LEVEL: 'warn',
  RATE_LIMIT_PER_MINUTE: '100000000',
  MAX_RUNNING_REPLIES_PER_USER: '1000',
  MAX_UNFINISHED_REPLIES_PER_USER: '100000',
  MAX_UNFINISHED_REPLIES_PER_ROOM: '100000',
};

/** A user, and an empty room that belongs to that user. */
export interface UserWithRoom {
  roomId: string;
  person: SignedIn;
}

/** The product and its naive baseline as real processes, on the same PostgreSQL, Redis and Gemini sandbox. */
export class Setup {
  private constructor(
    readonly system: System,
    private readonly baseline: Child,
    private readonly baselineUrl: string,
    /** For measurements: its statements are not counted. */
    readonly db: pg.Pool,
  ) {}

  /** @param settings of the product, over those of the bench */
  static async start(servers: Servers, settings: Record<string, string> = {}): Promise<Setup> {
    const env = { ...AS_DEPLOYED, ...settings };
    const system = await System.start({ servers, env, workers: 0, chunkDelayMs: 0 });
    try {
      await system.db.query('CREATE EXTENSION pg_stat_statements');
      const port = String(await freePort());
      const baseline = await Child.start(NAIVE, { ...system.env, PORT: port });
      const options = '-c pg_stat_statements.track=none';
      const db = new pg.Pool({ connectionString: system.env.DATABASE_URL, options, max: 4 });
      return new Setup(system, baseline, `http://127.0.0.1:${port}`, db);
    } catch (error) {
      await system.stop();
      throw error;
    }
  }

  get product(): Contender {
    const children = [...this.system.apis, ...this.system.workers].filter(({ running }) => running);
    return { url: this.system.client().url, pids: children.map(({ pid }) => pid) };
  }

  get naive(): Contender {
    return { url: this.baselineUrl, pids: [this.baseline.pid] };
  }

  /** Every bench begins with empty tables and an empty Redis; work of the one before is dropped. */
  async clear(): Promise<void> {
    await eventually('empty tables', () =>
      this.db.query('TRUNCATE app_user, chatroom, message, work_item CASCADE'),
    );
    await this.system.redis.flushdb();
  }

  /** Verified people with a session and an unlimited plan. */
  people(count: number): Promise<SignedIn[]> {
    return inParallel(Array.from({ length: count }), 4, () => this.system.user({ pro: true }));
  }

  /** `each` empty rooms for every user; neighbours in the list belong to different users. */
  async usersWithRooms(people: SignedIn[], each: number): Promise<UserWithRoom[]> {
    const owners = new Map(people.map((person) => [person.id, person]));
    const { rows } = await this.db.query<{ id: string; owner: string }>(
      `INSERT INTO chatroom (id, user_id, title, title_is_default)
       SELECT gen_random_uuid(), owner, 'Room ' || n, false FROM generate_series(1, $2::int) n, unnest($1::uuid[]) owner
       RETURNING id, user_id AS owner`,
      [[...owners.keys()], each],
    );
    await this.db.query('ANALYZE chatroom, app_user, session');
    return rows.flatMap(({ id, owner }) => {
      const person = owners.get(owner);
      return person ? [{ roomId: id, person }] : [];
    });
  }

  async stop(): Promise<void> {
    await this.db.end();
    await this.baseline.stop();
    await this.system.stop();
  }
}
