import { setTimeout as pass } from 'node:timers/promises';
import type { FaultContext } from './fault-context.js';

export async function killRedis(context: FaultContext): Promise<void> {
  const over = context.disturbances.begin('redis');
  const empty = context.random.chance(0.5);
  await context.environment.redis.kill();
  context.kills += 1;
  await pass(context.random.between(0, 1_200));
  await context.environment.redis.restart({ empty });
  over();
  context.note(`killed Redis, back ${empty ? 'empty' : 'with its data'}`);
}

export async function flushRedis(context: FaultContext): Promise<void> {
  const over = context.disturbances.begin('redis');
  await context.environment.redis.flush();
  over();
  context.note('flushed Redis');
}

export async function freezeRedis(context: FaultContext): Promise<void> {
  const over = context.disturbances.begin('redis');
  context.environment.redis.freeze();
  await pass(context.random.between(300, 2_500));
  context.environment.redis.thaw();
  over();
  context.note('froze Redis');
}

export async function killPostgres(context: FaultContext): Promise<void> {
  const over = context.disturbances.begin('postgres');
  await context.environment.postgres.kill();
  context.kills += 1;
  await pass(context.random.between(0, 1_500));
  await context.environment.postgres.restart();
  over();
  context.note('killed PostgreSQL');
}

export async function freezePostgres(context: FaultContext): Promise<void> {
  const over = context.disturbances.begin('postgres');
  context.environment.postgres.freeze();
  await pass(context.random.between(500, 4_500));
  context.environment.postgres.thaw();
  over();
  context.note('froze PostgreSQL');
}

export async function dropConnections(context: FaultContext): Promise<void> {
  const over = context.disturbances.begin('postgres');
  for (let i = context.random.between(1, 4); i > 0; i -= 1) {
    context.environment.postgres.proxy.drop();
    await pass(context.random.between(50, 400));
  }
  over();
  context.note('dropped all connections to PostgreSQL');
}

/** Statements whose commit is made and never told: the names they are prepared under, and the end of a transaction. */
const COMMITS = [
  'prompt_accept',
  'COMMIT',
  'reply_claim',
  'reply_finish',
  'prompt_cancel_reply',
  'prompt_retry_reply',
  'work_release_item',
  'work_recover_ready',
  'work_recover_running',
  'work_renew_lease',
];

/** The connection is cut after the commit, before its answer. */
export async function cutAfterCommit(context: FaultContext): Promise<void> {
  const { proxy } = context.environment.postgres;
  const over = context.disturbances.begin('postgres');
  const what = context.random.pick(COMMITS);
  const times = context.random.between(1, 5);
  proxy.cutAfterAnswerTo(what, times);
  await pass(context.random.between(800, 1_800));
  context.note(`cut ${times - proxy.cutsLeft} connections after ${what}`);
  proxy.heal();
  over();
}
