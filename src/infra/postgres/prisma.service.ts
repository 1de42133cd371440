import { Injectable, OnApplicationShutdown } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../../generated/prisma/client.js';
import { Database } from './database.js';
import { throwUnavailable } from './errors.js';

function createClient(database: Database) {
  return new PrismaClient({ adapter: new PrismaPg(database.pool) }).$extends({
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
