import { setTimeout as pass } from 'node:timers/promises';
import type { Failpoint } from '../../../src/config/failpoints.js';
import type { Slot } from '../../support/slot.js';
import { tagOf } from '../prompt.js';
import { comesTrue, type FaultContext } from './fault-context.js';

const AT_API: Failpoint[] = ['accept.committed', 'accept.committed', 'cancel.committed', 'retry.committed'];
const AT_WORKER: Failpoint[] = [
  'reply.claimed',
  'reply.generated',
  'reply.finished',
  'reply.ended',
  'work.released',
  'recovery.marked',
];

/** Milliseconds that users go on acting after a fault, within which an armed failpoint is reached or not. */
const REACHED_WITHIN = 2_000;
/** Milliseconds: longer than a lease and a round of the recovery. */
const PAST_LEASE = 13_000;

const alive = (slots: Slot[]) => slots.filter((slot) => slot.running && !slot.frozen);

export async function killWorkers(context: FaultContext): Promise<void> {
  const count = context.random.pick([1, 2, 2, 3]);
  await Promise.all(
    alive(context.environment.workers)
      .slice(0, count)
      .map((slot) => context.kill(slot)),
  );
}

export async function killApi(context: FaultContext): Promise<void> {
  const slots = alive(context.environment.apis);
  if (slots.length > 0) await context.kill(context.random.pick(slots));
}

export async function killEverything(context: FaultContext): Promise<void> {
  await Promise.all(alive(context.environment.processes).map((slot) => context.kill(slot)));
}

/** Dies between a commit and what follows it. */
export async function dieAtFailpoint(context: FaultContext): Promise<void> {
  const { random, environment, disturbances } = context;
  const atApi = random.chance(0.4);
  const point = random.pick(atApi ? AT_API : AT_WORKER);
  const slots = alive(atApi ? environment.apis : environment.workers);
  const armed = slots.map((slot) => ({ slot, pid: slot.pid, over: disturbances.begin(slot.name) }));
  for (const slot of slots) slot.arm(`${point}=kill@${random.between(1, 2)}`);
  const dead = () => armed.filter(({ slot, pid }) => !slot.running || slot.pid !== pid);
  await comesTrue(() => dead().length === armed.length, REACHED_WITHIN);
  const names = dead().map(({ slot }) => slot.name);
  context.note(`${names.join(', ') || 'nobody'} died at ${point}`);
  for (const { slot, over } of armed) {
    slot.arm('none');
    over();
  }
}

/** Where a worker freezes; null: anywhere. A late finish, what claims are for, comes of a whole text that is not stored. */
const FREEZE_AT = [null, 'reply.claimed', 'reply.generated', 'reply.generated', 'reply.generated'] as const;

/** Frozen past its lease, and awake again just when somebody else has taken over. */
export async function freezeWorker(context: FaultContext): Promise<void> {
  const slots = context.random.shuffled(alive(context.environment.workers));
  const [first] = slots;
  if (!first) return context.note('no worker to freeze');
  const point = context.random.pick(FREEZE_AT);
  // One is left to take over; where there is no other, those that died come back before the lease is over.
  if (point) await freezeAt(context, point, slots.length > 1 ? slots.slice(1) : slots);
  else await freezeNow(context, first);
}

async function freezeNow(context: FaultContext, slot: Slot): Promise<void> {
  await comesTrue(() => isRunningOne(context), 1_000);
  await slot.signal('SIGSTOP');
  context.note(`froze ${slot.name}`);
  context.later(thawAfterTakeover(context, slot, unfinished));
}

/** Freezes who is the first to reach the place. */
async function freezeAt(context: FaultContext, point: Failpoint, slots: Slot[]): Promise<void> {
  for (const slot of slots) slot.arm(`${point}=stop@1`);
  await comesTrue(() => slots.some((slot) => slot.frozen), REACHED_WITHIN);
  for (const slot of slots) slot.arm('none');
  const frozen = slots.filter((slot) => slot.frozen);
  const held = point === 'reply.generated' ? generated : unfinished;
  context.note(`froze ${frozen.map(({ name }) => name).join(', ') || 'nobody'} at ${point}`);
  for (const slot of slots)
    context.later(frozen.includes(slot) ? thawAfterTakeover(context, slot, held) : thawIfLate(slot));
}

/** It may have reached the place just before it was told not to stop there. */
async function thawIfLate(slot: Slot): Promise<void> {
  await pass(1_000);
  await slot.signal('SIGCONT');
}

/** @param look what it may have held, just after it froze */
async function thawAfterTakeover(context: FaultContext, slot: Slot, look: typeof unfinished): Promise<void> {
  const over = context.disturbances.begin('worker frozen');
  let held: Held[] | undefined;
  await comesTrue(async () => tookOver(context, (held ??= await look(context))), PAST_LEASE);
  // While the other is still at it: once that has finished, a late finish could do no harm to be seen.
  await pass(context.random.between(0, 50));
  await slot.signal('SIGCONT');
  over();
}

const isRunningOne = async (context: FaultContext) => (await unfinished(context)).length > 0;

/** A reply in progress, under its claim. */
interface Held {
  id: string;
  claim: number;
  content: string;
}

async function unfinished(context: FaultContext): Promise<Held[]> {
  const { rows } = await context.environment.db.query<Held>(
    `SELECT reply.id, item.claim, prompt.content
     FROM work_item item
     JOIN message reply ON reply.id = item.subject_id::uuid JOIN message prompt ON prompt.id = reply.reply_to
     WHERE item.kind = 'reply' AND item.state = 'running' AND reply.chatroom_id = ANY ($1)`,
    [context.rooms],
  );
  return rows;
}

/** Those whose whole text Gemini has said. */
async function generated(context: FaultContext): Promise<Held[]> {
  const calls = context.environment.gemini.journal.all().filter(({ finishReason }) => finishReason !== null);
  const said = new Set(calls.map(({ contents }) => tagOf(contents.at(-1)?.text ?? '')));
  return (await unfinished(context)).filter(({ content }) => said.has(tagOf(content)));
}

/** Whether one of them has a new claim. */
async function tookOver(context: FaultContext, held: Held[]): Promise<boolean> {
  const claims = new Map(held.map(({ id, claim }) => [id, claim]));
  return (await unfinished(context)).some(({ id, claim }) => claim > (claims.get(id) ?? Infinity));
}

export async function freezeApi(context: FaultContext): Promise<void> {
  const slots = alive(context.environment.apis);
  if (slots.length < 2) return context.note('no API to freeze');
  const slot = context.random.pick(slots);
  const over = context.disturbances.begin(slot.name);
  await slot.signal('SIGSTOP');
  context.note(`froze ${slot.name}`);
  const thaw = async () => {
    await pass(context.random.between(500, 4_000));
    await slot.signal('SIGCONT');
  };
  context.later(thaw().finally(over));
}

/** Milliseconds: the drain's deadline and the end of the process after it. */
const DRAINED_WITHIN = 30_000;

/** Asked to stop: finishes what runs and ends by itself, with code 0. */
export async function drainWorker(context: FaultContext): Promise<void> {
  const slots = alive(context.environment.workers);
  if (slots.length < 2) return context.note('no worker to drain');
  const slot = context.random.pick(slots);
  context.note(`drained ${slot.name}`);
  const drain = async () => {
    const over = context.disturbances.begin(slot.name);
    const began = Date.now();
    const how = await slot.signal('SIGTERM');
    const took = Date.now() - began;
    // A SIGKILL is another fault of the round that met the same worker: no process leaves that way by itself.
    if (how !== 'SIGKILL' && (how !== 0 || took > DRAINED_WITHIN))
      context.violations.push(`${slot.name} left by ${how} after ${took} ms`);
    context.revive(slot, over);
  };
  context.later(drain());
}
