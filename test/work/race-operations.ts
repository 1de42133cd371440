import { randomUUID } from 'node:crypto';
import type Stripe from 'stripe';
import { failed, toColumns } from '../../src/chatroom/reply/reply-result.js';
import { CLAIM_REPLY, FINISH_REPLY } from '../../src/chatroom/reply/reply.sql.js';
import type { Database } from '../../src/infra/postgres/database.js';
import type { SyncService } from '../../src/subscription/sync.service.js';
import type { Client } from '../support/client.js';
import { buildReply, buildRoom, type SignedIn } from '../support/factories.js';
import { askCode, newMobile } from '../support/people.js';
import type { System } from '../support/system.js';

/** What the operations of a test run on. */
export interface RaceSetup {
  system: System;
  /** The connections of the operations that have no route. */
  database: Database;
  syncs: SyncService;
  stripe: Stripe;
}

/** One account with everything that the operations change. */
export interface Subject {
  person: Client & { user: SignedIn };
  room: string;
  queued: string;
  running: string;
  ended: string;
  customer: string;
}

/** An operation, prepared for a subject. @returns the HTTP status, or 200 where there is none */
type Operation = (setup: RaceSetup, subject: Subject) => Promise<() => Promise<number>>;

const CLAIM = 1;

export async function buildSubject(setup: RaceSetup, api: number): Promise<Subject> {
  const { system, stripe } = setup;
  const person = await system.signedIn({ pro: true }, api);
  const userId = person.user.id;
  const room = await buildRoom(system.db, userId);
  const [other, third] = [await buildRoom(system.db, userId), await buildRoom(system.db, userId)];
  const customer = (await stripe.customers.create({ metadata: { userId } })).id;
  await system.db.query('INSERT INTO stripe_customer (id, user_id) VALUES ($1, $2)', [customer, userId]);
  const ended = await buildReply(system.db, room, { status: 'cancelled', content: '' });
  const running = await buildReply(system.db, room, { status: 'in_progress', claim: CLAIM });
  const queued = await buildReply(system.db, room, { status: 'queued' });
  await buildReply(system.db, other, { status: 'in_progress' });
  await buildReply(system.db, third, { status: 'in_progress' });
  return { person, room, queued, running, ended, customer };
}

const status = async (answer: Promise<{ status: number }>) => (await answer).status;

/** Everything that locks rows of an account, by what it does. */
export const OPERATIONS: Record<string, Operation> = {
  'deletes the account':
    async (_setup, { person }) =>
    () =>
      status(person.delete('/user/me', { confirm: 'delete my account' })),

  'changes the identity': async (_setup, { person }) => {
    const who = newMobile();
    const otp = await askCode(person, who, '/user/me/identity');
    return () => status(person.post('/user/me/identity/verify', { ...who, otp }));
  },

  'signs in by code': async (_setup, { person }) => {
    const { mobile } = person.user;
    const otp = await askCode(person, { mobile });
    return () => status(person.post('/auth/verify-otp', { mobile, otp }));
  },

  'sends a prompt':
    async (_setup, { person, room }) =>
    () =>
      status(person.post(`/chatroom/${room}/message`, { content: 'hello' })),

  'cancels a reply':
    async (_setup, { person, room, queued }) =>
    () =>
      status(person.post(`/chatroom/${room}/message/${queued}/cancel`)),

  'finishes a reply': async ({ database }, { person, running }) => {
    const result = {
      ...failed('gemini.unavailable', { model: 'flash', contextTrimmed: false }),
      refund: true,
    };
    return async () => {
      const [row] = await database.query(FINISH_REPLY, [
        ...([running, CLAIM] as const),
        ...toColumns(result),
        ...([person.user.id, 4] as const),
      ]);
      for (const { subjectId } of row?.promoted ?? [])
        await database.query(CLAIM_REPLY, [subjectId, randomUUID(), 20]);
      return 200;
    };
  },

  'retries a reply':
    async (_setup, { person, room, ended }) =>
    () =>
      status(person.post(`/chatroom/${room}/message/${ended}/retry`)),

  'syncs the customer':
    async ({ syncs }, { customer }) =>
    async () => {
      await syncs.sync(customer);
      return 200;
    },

  'deletes the room':
    async (_setup, { person, room }) =>
    () =>
      status(person.delete(`/chatroom/${room}`)),

  'changes the room':
    async (_setup, { person, room }) =>
    () =>
      status(person.patch(`/chatroom/${room}`, { title: randomUUID() })),
};
