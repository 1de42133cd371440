import { Global, Module } from '@nestjs/common';
import { DatabaseProbe } from './database-probe.js';
import { Database } from './database.js';
import { PrismaService } from './prisma.service.js';

@Global()
@Module({
  providers: [Database, DatabaseProbe, PrismaService],
  exports: [Database, DatabaseProbe, PrismaService],
})
export class PostgresModule {}
