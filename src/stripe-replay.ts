import { parseArgs } from 'node:util';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigModule } from './config/config.module.js';
import { PostgresModule } from './infra/postgres/postgres.module.js';
import { WorkModule } from './infra/work/work.module.js';
import { RedisModule } from './infra/redis/redis.module.js';
import { parseSince, ReplayService } from './webhook/replay.service.js';
import { WebhookModule } from './webhook/webhook.module.js';

/** `npm run stripe:replay -- --since 12h`: adds the events of Stripe to the webhook inbox that no delivery brought. */
@Module({ imports: [ConfigModule, PostgresModule, RedisModule, WorkModule.forRoot(), WebhookModule] })
class StripeReplayModule {}

try {
  const since = parseSince(parseArgs({ options: { since: { type: 'string' } } }).values.since);
  const app = await NestFactory.createApplicationContext(StripeReplayModule, {
    logger: ['warn', 'error'],
    abortOnError: false,
  });
  const { read, added } = await app.get(ReplayService).replay(since);
  process.stdout.write(`Stripe lists ${read} events since ${since.toISOString()}; ${added} were missing.\n`);
  await app.close();
  process.exit(0);
} catch (error) {
  process.stderr.write(`The events were not replayed: ${(error as Error).message}\n`);
  process.exit(1);
}
