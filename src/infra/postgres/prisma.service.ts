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

/** Everything that is not hot goes through Prisma, on the shared pool. Its client is `prisma.db`. */
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
