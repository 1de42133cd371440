import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import type { Lease, WorkKind, WorkProcessor } from '../../src/infra/work/define-work.js';
import { RECOVER_READY, RECOVER_RUNNING } from '../../src/infra/work/work.sql.js';
import { createDatabase, createRedisDatabase } from '../support/databases.js';
import { buildWorkerParts, type WorkerParts } from './worker-parts.js';

/** A kind that is claimed by the engine's own statement. */
export const KIND: WorkKind = 'chatroom-purge';
export const CLAIM = { kind: KIND };

/** A database, a Redis and work items for one test file, and the worker processes' engines that it opens on them. */
export class WorkSetup {
  db!: pg.Pool;
  private url = '';
  private redisUrl = '';
  private drop?: () => Promise<void>;
  private readonly opened: WorkerParts[] = [];

  /** To be called where a test file declares its tests. */
  static use(): WorkSetup {
    const setup = new WorkSetup();
    beforeAll(() => setup.open());
    afterEach(() => setup.reset());
    afterAll(() => setup.close());
    return setup;
  }

  /** A worker process' engine of its own. */
  worker(poolSize?: number): WorkerParts {
    const parts = buildWorkerParts(this.url, this.redisUrl, poolSize);
    this.opened.push(parts);
    return parts;
  }

  async makeItem(kind: WorkKind = KIND): Promise<string> {
    const id = randomUUID();
    await this.db.query('INSERT INTO work_item (kind, subject_id) VALUES ($1, $2)', [kind, id]);
    return id;
  }

  async readItem(id: string): Promise<any> {
    return (await this.db.query('SELECT * FROM work_item WHERE subject_id = $1', [id])).rows[0];
  }

  async setItem(id: string, change: string): Promise<void> {
    await this.db.query(`UPDATE work_item SET ${change} WHERE subject_id = $1`, [id]);
  }

  /** As if the process that holds an item had been silent for longer than its lease. */
  async expireLease(id: string): Promise<void> {
    await this.db.query(
      `UPDATE worker_process SET lease_until = now() - interval '1 second'
       WHERE id = (SELECT worker_id FROM work_item WHERE subject_id = $1)`,
      [id],
    );
  }

  /** Stops the engines that were opened. */
  async stopWorkers(): Promise<void> {
    await Promise.all(this.opened.splice(0).map((parts) => parts.stop()));
  }

  private async open(): Promise<void> {
    // Runs that fail here on purpose are logged.
    Logger.overrideLogger(false);
    ({ url: this.url, drop: this.drop } = await createDatabase());
    this.redisUrl = await createRedisDatabase();
    this.db = new pg.Pool({ connectionString: this.url, max: 4 });
  }

  private async reset(): Promise<void> {
    await this.stopWorkers();
    await this.db.query('DELETE FROM work_item');
  }

  private async close(): Promise<void> {
    await this.db.end();
    await this.drop?.();
  }
}

export async function claimed(
  parts: WorkerParts,
  id: string,
  claim: Pick<WorkProcessor, 'kind' | 'claim'> = CLAIM,
): Promise<Lease> {
  const lease = await parts.leases.claim(claim, id);
  if (!lease) throw new Error('not claimed');
  return lease;
}

export const recoverRunning = ({ database }: WorkerParts) => database.query(RECOVER_RUNNING, [500, 5_000]);
export const recoverReady = ({ database }: WorkerParts) => database.query(RECOVER_READY, [500, 5_000]);
