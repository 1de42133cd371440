import { setTimeout as pass } from 'node:timers/promises';
import type { Scene } from './scene.js';

export async function killRedis(scene: Scene): Promise<void> {
  const over = scene.disturbances.begin('redis');
  const empty = scene.random.chance(0.5);
  await scene.world.redis.kill();
  scene.kills += 1;
  await pass(scene.random.between(0, 1_200));
  await scene.world.redis.restart({ empty });
  over();
  scene.note(`killed Redis, back ${empty ? 'empty' : 'with its data'}`);
}

export async function flushRedis(scene: Scene): Promise<void> {
  const over = scene.disturbances.begin('redis');
  await scene.world.redis.flush();
  over();
  scene.note('flushed Redis');
}

export async function freezeRedis(scene: Scene): Promise<void> {
  const over = scene.disturbances.begin('redis');
  scene.world.redis.freeze();
  await pass(scene.random.between(300, 2_500));
  scene.world.redis.thaw();
  over();
  scene.note('froze Redis');
}

export async function killPostgres(scene: Scene): Promise<void> {
  const over = scene.disturbances.begin('postgres');
  await scene.world.postgres.kill();
  scene.kills += 1;
  await pass(scene.random.between(0, 1_500));
  await scene.world.postgres.restart();
  over();
  scene.note('killed PostgreSQL');
}

export async function freezePostgres(scene: Scene): Promise<void> {
  const over = scene.disturbances.begin('postgres');
  scene.world.postgres.freeze();
  await pass(scene.random.between(500, 4_500));
  scene.world.postgres.thaw();
  over();
  scene.note('froze PostgreSQL');
}

export async function dropConnections(scene: Scene): Promise<void> {
  const over = scene.disturbances.begin('postgres');
  for (let i = scene.random.between(1, 4); i > 0; i -= 1) {
    scene.world.postgres.proxy.drop();
    await pass(scene.random.between(50, 400));
  }
  over();
  scene.note('dropped all connections to PostgreSQL');
}

/** Statements whose commit is made and never told: the names they are prepared under, and the end of a transaction. */
const COMMITS = [
  'message_accept',
  'COMMIT',
  'reply_claim',
  'reply_finish',
  'reply_cancel',
  'reply_retry',
  'reply_postpone',
  'reply_rescue',
];

/** The connection is cut after the commit, before its answer. */
export async function cutAfterCommit(scene: Scene): Promise<void> {
  const { proxy } = scene.world.postgres;
  const over = scene.disturbances.begin('postgres');
  const what = scene.random.pick(COMMITS);
  const times = scene.random.between(1, 5);
  proxy.cutAfterAnswerTo(what, times);
  await pass(scene.random.between(800, 1_800));
  scene.note(`cut ${times - proxy.cutsLeft} connections after ${what}`);
  proxy.heal();
  over();
}
