import fc from 'fast-check';
import { newMobile, signUp } from '../../support/people.js';
import type { System } from '../../support/system.js';
import type { Finding, Part, Plan } from '../finding.js';
import { PersonModel, type Fate, type Model } from './model.js';
import * as reading from './reading.js';
import { checkMessages, checkRooms, checkStatus } from './reading.js';
import type { Real, Step } from './step.js';
import * as writing from './writing.js';

/** Steps of one run at most. */
const STEPS = 40;
/** Few enough that most lists have several pages. */
const PAGE = 2;

/**
 * Two people use the chat over two API processes, step by step, beside a model of what each of them must find.
 * A run that finds something else is shrunk to the fewest steps that still do.
 */
export async function fuzzModel(system: System, plan: Plan): Promise<Part> {
  const findings: Finding[] = [];
  const counts = { steps: 0, runs: 0 };
  const property = fc.asyncProperty(steps(plan.replayPath), async (commands) => {
    plan.signal?.throwIfAborted();
    const { model, real } = await twoPeople(system);
    await fc.asyncModelRun(() => ({ model, real }), commands);
    await audit(model, real);
    counts.runs += 1;
    counts.steps += [...commands].length;
    if (counts.runs % 10 === 0) plan.progress(`  ${counts.runs} conversations`);
  });
  const { runs: numRuns, seed, path } = plan;
  const details = await fc.check(property, { numRuns, seed, path, endOnFailure: false });
  if (details.failed && !plan.signal?.aborted) {
    const told = fc.stringify(details.counterexample?.[0]);
    const replayPath = /replayPath="([^"]*)"/.exec(told)?.[1] ?? '';
    const { message } = details.errorInstance as Error;
    const replay = `--only model --seed ${seed} --path ${details.counterexamplePath} --replay-path "${replayPath}"`;
    findings.push({ violations: [message], counterexample: told, replay });
  }
  findings.forEach((finding) => plan.report(finding));
  return { name: 'model', runs: counts.runs, counts: { steps: String(counts.steps) }, findings };
}

/** Two who have just signed up. */
async function twoPeople(system: System): Promise<{ model: Model; real: Real }> {
  const tokens = [await signUp(system.client(0), newMobile()), await signUp(system.client(1), newMobile())];
  const client = (person: number, api: number) => system.client(api).as(String(tokens[person]?.accessToken));
  return { model: { people: [new PersonModel(), new PersonModel()] }, real: { client } };
}

/** What must be true in the end, whatever the steps looked at. */
async function audit({ people }: Model, real: Real): Promise<void> {
  for (const [person, me] of people.entries()) {
    const client = real.client(person, 1);
    await checkStatus(me, client);
    await checkRooms(me, client, PAGE);
    for (const room of me.rooms) await checkMessages(client, room, PAGE);
  }
}

function steps(replayPath: string | undefined): fc.Arbitrary<Iterable<Step>> {
  const who = { person: fc.nat(1), api: fc.nat(1) };
  const room = { ...who, room: fc.nat(3) };
  const reply = { ...who, reply: fc.nat(20) };
  const number = fc.nat(9);
  const key = fc.constantFrom<string | null>(null, null, null, 'a', 'b');
  const limit = fc.integer({ min: 1, max: 3 });
  const fate = fc.constantFrom<Fate>('completed', 'incomplete', 'failed', 'blocked', 'slow');
  const opening = fc.record({ ...who, key, number }).map(writing.createRoom);
  const prompt = fc.record({ ...room, key, number, fate }).map(writing.sendPrompt);
  return fc.commands<Model, Real, false>(
    [
      ...[opening, opening],
      fc.record({ ...room, number }).map(writing.renameRoom),
      fc.record(room).map(writing.deleteRoom),
      ...[prompt, prompt, prompt],
      fc.record(reply).map(writing.cancel),
      fc.record(reply).map(writing.retry),
      fc.record(reply).map(reading.wait),
      fc.record({ ...who, limit }).map(reading.listRooms),
      fc.record({ ...room, limit }).map(reading.listMessages),
      fc.record({ ...room, limit }).map(reading.openRoom),
      fc.record(who).map(reading.status),
      fc.record(room).map(reading.trespass),
    ],
    { maxCommands: STEPS, size: 'max', replayPath },
  );
}
