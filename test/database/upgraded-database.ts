import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ACCEPT_PROMPT, CANCEL_REPLY } from '../../src/chatroom/prompt/prompt.sql.js';
import { failed, toColumns } from '../../src/chatroom/reply/reply-result.js';
import { CLAIM_REPLY, FINISH_REPLY } from '../../src/chatroom/reply/reply.sql.js';
import type { Statement } from '../../src/infra/postgres/database.js';
import { applyMigrations } from '../../src/infra/postgres/migrate.js';
import { onServer } from '../support/databases.js';
import * as before from './release-before.js';

const SERVER = process.env.TEST_DATABASE_URL ?? '';

/** The migration that makes the table of work items. */
export const UPGRADE = '20261128043000_add_work_item';
/** Replies of an owner that run at once, unfinished ones of the owner and of a room, at most. */
export const CAPS = [4, 50, 20];
export const WORKER = randomUUID();

/** A database at the release before, and what either release does on it. */
export class UpgradedDatabase {
  db!: pg.Pool;
  private readonly temporary = mkdtempSync(join(tmpdir(), 'upgrade-'));
  private readonly name = `upgrade_${randomUUID().replaceAll('-', '')}`;
  private people = 0;

  /** To be called where a test file declares its tests. */
  static use(): UpgradedDatabase {
    const database = new UpgradedDatabase();
    beforeAll(() => database.open());
    afterAll(() => database.close());
    return database;
  }

  /** Applies what is pending. @returns the names of the migrations */
  upgrade(): Promise<string[]> {
    return applyMigrations(this.url, 'prisma');
  }

  async rows(text: string, values: unknown[] = []): Promise<any[]> {
    return (await this.db.query(text, values)).rows;
  }

  async row(text: string, values: unknown[] = []): Promise<any> {
    return (await this.rows(text, values))[0];
  }

  run(statement: Statement, values: unknown[]): Promise<any> {
    return this.row(statement.text, values);
  }

  async makeUser(): Promise<string> {
    const id = randomUUID();
    this.people += 1;
    const mobile = `+91980000${1000 + this.people}`;
    await this.rows('INSERT INTO app_user (id, mobile, verified_at) VALUES ($1, $2, now())', [id, mobile]);
    return id;
  }

  async makeRoom(userId: string): Promise<string> {
    const id = randomUUID();
    await this.rows(
      `INSERT INTO chatroom (id, user_id, title, title_is_default) VALUES ($1, $2, 'A room', false)`,
      [id, userId],
    );
    return id;
  }

  item(id: string): Promise<any> {
    return this.row('SELECT * FROM work_item WHERE subject_id = $1', [id]);
  }

  message(id: string): Promise<any> {
    return this.row('SELECT * FROM message WHERE id = $1', [id]);
  }

  states(...ids: string[]): Promise<string[]> {
    return Promise.all(ids.map(async (id) => (await this.item(id))?.state ?? 'none'));
  }

  /** Lets the time pass until this release may take what the one before made. */
  becomesDue(id: string): Promise<unknown> {
    return this.rows('UPDATE work_item SET run_at = now(), next_poll_at = now() WHERE subject_id = $1', [id]);
  }

  /** Seconds until an item is due. */
  async secondsLeft(id: string): Promise<number> {
    const left =
      'SELECT extract(epoch FROM run_at - now())::float8 AS left FROM work_item WHERE subject_id = $1';
    return (await this.row(left, [id])).left;
  }

  /** What the release before finds due. */
  async rescued(): Promise<string[]> {
    return (await this.rows(before.RESCUE)).map(({ id }) => id);
  }

  /** What the release before does. */
  readonly former = {
    accept: async (userId: string, roomId: string): Promise<string> => {
      const values = [roomId, userId, null, randomUUID(), 'A prompt', randomUUID(), 'A title', 'request-1'];
      return (await this.row(before.ACCEPT, values)).reply;
    },
    claim: (id: string) => this.row(before.CLAIM, [id]),
    finish: (id: string, claim: number, refund = false) => {
      const columns = ['failed', null, 'code', 'message', null, 'flash', 1, 1, 1, 1, 1, false, refund, false];
      return this.row(before.FINISH, [id, claim, ...columns]);
    },
    cancel: (id: string) => this.row(before.CANCEL, [id, 0, 'text']),
  };

  /** What this release does. */
  readonly current = {
    accept: async (userId: string, roomId: string): Promise<string> => {
      const ids = [roomId, userId, null, randomUUID(), 'A prompt', randomUUID()];
      return (await this.run(ACCEPT_PROMPT, [...ids, 'A title', 'request-2', ...CAPS])).reply.id;
    },
    claim: (id: string) => this.run(CLAIM_REPLY, [id, WORKER, 20]),
    finish: async (id: string, claim: number, userId: string): Promise<boolean> => {
      const result = failed('gemini.unavailable', { model: 'flash', contextTrimmed: false });
      return (await this.run(FINISH_REPLY, [id, claim, ...toColumns(result), userId, CAPS[0]])).ended;
    },
    cancel: async (id: string, userId: string, claim: number) =>
      (await this.run(CANCEL_REPLY, [id, userId, claim, 'the text', CAPS[0]])).reply,
  };

  private get url(): string {
    const server = new URL(process.env.TEST_DATABASE_URL ?? '');
    return Object.assign(server, { pathname: `/${this.name}` }).href;
  }

  private async open(): Promise<void> {
    await onServer(SERVER, `CREATE DATABASE ${this.name}`);
    this.db = new pg.Pool({ connectionString: this.url, max: 6 });
    for (const file of ['schema.prisma', 'migrations/migration_lock.toml'])
      cpSync(join('prisma', file), join(this.temporary, file));
    for (const migration of readdirSync('prisma/migrations').filter((each) => each < UPGRADE)) {
      const path = join('migrations', migration);
      cpSync(join('prisma', path), join(this.temporary, path), { recursive: true });
    }
    await applyMigrations(this.url, this.temporary);
  }

  private async close(): Promise<void> {
    await this.db.end();
    // The server waits up to 5 s for connections that are being closed.
    await onServer(SERVER, `DROP DATABASE ${this.name}`);
    rmSync(this.temporary, { recursive: true });
  }
}
