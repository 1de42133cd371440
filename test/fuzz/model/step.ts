import type fc from 'fast-check';
import type { Client } from '../../support/client.js';
import type { Model, PersonModel, Reply, Room } from './model.js';

/** The product: a client of each person at each API process. */
export interface Real {
  client(person: number, api: number): Client;
}

/** Who does it, at which process; and which room and reply of theirs, counted round. */
export interface Arguments {
  person: number;
  api: number;
  room?: number;
  reply?: number;
}

/** What a step works with. */
export interface StepContext {
  me: PersonModel;
  client: Client;
  other: PersonModel;
}

export type Step = fc.AsyncCommand<Model, Real>;

const context = ({ people }: Model, { person }: Arguments) => ({
  me: people[person === 0 ? 0 : 1],
  other: people[person === 0 ? 1 : 0],
});

/** A step that can always be taken. */
export function step<A extends Arguments>(
  name: string,
  given: A,
  run: (context: StepContext, given: A) => Promise<void>,
  check: (me: PersonModel) => boolean = () => true,
): Step {
  return {
    check: (model) => check(context(model, given).me),
    run: (model, real) =>
      run({ ...context(model, given), client: real.client(given.person, given.api) }, given),
    toString: () => `${name}(${JSON.stringify(given)})`,
  };
}

/** A step that needs a room. */
export function roomStep<A extends Arguments>(
  name: string,
  given: A,
  run: (context: StepContext & { room: Room }, given: A) => Promise<void>,
): Step {
  const pick = (me: PersonModel) => me.rooms[(given.room ?? 0) % me.rooms.length];
  return step(
    name,
    given,
    (now, all) => run({ ...now, room: found(pick(now.me)) }, all),
    (me) => pick(me) !== undefined,
  );
}

/** A step that needs a reply. */
export function replyStep<A extends Arguments>(
  name: string,
  given: A,
  run: (context: StepContext & { room: Room; reply: Reply }, given: A) => Promise<void>,
): Step {
  const all = (me: PersonModel) => me.rooms.flatMap((room) => room.replies.map((reply) => ({ room, reply })));
  const pick = (me: PersonModel) => all(me)[(given.reply ?? 0) % all(me).length];
  return step(
    name,
    given,
    (now, args) => run({ ...now, ...found(pick(now.me)) }, args),
    (me) => pick(me) !== undefined,
  );
}

function found<T>(picked: T | undefined): T {
  if (picked === undefined) throw new Error('a step was taken that cannot be');
  return picked;
}
