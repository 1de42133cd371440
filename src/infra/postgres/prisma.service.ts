import { Injectable, OnApplicationShutdown } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../../generated/prisma/client.js';
import { Database } from './database.js';
import { throwUnavailable } from './errors.js';
import { FIND_SCHEMA } from './server-state.sql.js';

/** Prisma names a schema in every statement: the one in which the hand-written ones find their tables. */
class PrismaInSchemaOfTables extends PrismaPg {
  constructor(private readonly database: Database) {
    super(database.pool);
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const [found] = await this.database.query(FIND_SCHEMA, []);
    return new PrismaPg(this.database.pool, { schema: found?.schema ?? undefined }).connect();
  }
}

function createClient(database: Database) {
  return new PrismaClient({ adapter: new PrismaInSchemaOfTables(database) }).$extends({
    query: { $allOperations: ({ args, query }) => query(args).catch(throwUnavailable) },
  });
}

/**
 * Prisma on the shared pool, for statements on one table that are neither hot nor part of a transaction with hand-written
 * ones; most statements are hand-written (`*.sql.ts`). Its client is `db`; an operation throws AppError `service.unavailable`
 * when PostgreSQL cannot serve it, else Prisma's own errors.
 */
@Injectable()
export class PrismaService implements OnApplicationShutdown {
  readonly db: ReturnType<typeof createClient>;

  constructor(database: Database) {
    this.db = createClient(database);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.db.$disconnect();
  }
}
