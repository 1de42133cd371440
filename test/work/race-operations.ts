import { randomUUID } from 'node:crypto';
import type Stripe from 'stripe';
import { failed, toColumns } from '../../src/chatroom/reply/reply-result.js';
import { CLAIM_REPLY, FINISH_REPLY } from '../../src/chatroom/reply/reply.sql.js';
import type { Database } from '../../src/infra/postgres/database.js';
import type { SyncService } from '../../src/subscription/sync.service.js';
import type { Client } from '../support/client.js';
import { signAccessToken } from '../support/factories.js';
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
  person: Client;
  userId: string;
  mobile: string;
  room: string;
  queued: string;
  running: string;
  ended: string;
  customer: string;
}

/** An operation, prepared for a subject. @returns the HTTP status, or 200 where there is none */
type Operation = (setup: RaceSetup, subject: Subject) => Promise<() => Promise<number>>;

const CLAIM = 1;

type Six = [string, string, string, string, string, string];

/**
 * The rows of an account with a session and a Stripe customer, three rooms, and of the first room an ended reply, one that runs
 * and one that waits; one runs in each of the others. In one statement: a test makes thousands of them.
 * $1 account, $2 mobile number, $3 session, $4 customer, $5 room, $6 ended, $7 running and $8 waiting reply.
 */
const INSERT_SUBJECT = `
  WITH account AS (
    INSERT INTO app_user (id, mobile, verified_at) VALUES ($1, $2, now())
  ), session AS (
    INSERT INTO session (id, user_id, refresh_hash, expires_at) VALUES ($3::uuid, $1, $3::text, now() + interval '1 day')
  ), customer AS (
    INSERT INTO stripe_customer (id, user_id) VALUES ($4, $1)
  ), room AS (
    INSERT INTO chatroom (id, user_id, title, title_is_default, next_number)
    SELECT id, $1, 'A room', false, 7 FROM (VALUES ($5::uuid), (gen_random_uuid()), (gen_random_uuid())) r (id)
    RETURNING id
  ), worker AS (
    INSERT INTO worker_process (id, lease_until) VALUES (gen_random_uuid(), now() + interval '1 hour') RETURNING id
  ), reply AS (
    SELECT $5::uuid AS room, id, gen_random_uuid() AS prompt, number, state
    FROM (VALUES ($6::uuid, 2, NULL), ($7, 4, 'running'), ($8, 6, 'waiting')) r (id, number, state)
    UNION ALL
    SELECT id, gen_random_uuid(), gen_random_uuid(), 2, 'running' FROM room WHERE id <> $5
  ), message AS (
    INSERT INTO message (id, chatroom_id, number, role, status, reply_to, claim, completed_at)
    SELECT prompt, room, number - 1, 'user'::message_role, 'completed'::message_status, NULL::uuid, 0, now() FROM reply
    UNION ALL
    SELECT id, room, number, 'model'::message_role, CASE WHEN state IS NULL THEN 'cancelled' ELSE 'queued' END::message_status, prompt, 0,
           CASE WHEN state IS NULL THEN now() END FROM reply
  )
  INSERT INTO work_item (kind, subject_id, group_key, position, owner_id, claim, state, worker_id, next_poll_at)
  SELECT 'reply', reply.id::text, room::text, number, $1, CASE WHEN state = 'running' THEN ${CLAIM} ELSE 0 END, state::work_state,
         CASE WHEN state = 'running' THEN worker.id END, now() + interval '1 hour'
  FROM reply, worker WHERE state IS NOT NULL`;

let accounts = 0;

/** @param payingAtStripe whether Stripe knows the customer too */
export async function buildSubject(setup: RaceSetup, api: number, payingAtStripe: boolean): Promise<Subject> {
  const { system, stripe } = setup;
  const [userId, sessionId, room, ended, running, queued] = Array.from({ length: 6 }, () =>
    randomUUID(),
  ) as Six;
  const customer = payingAtStripe ? (await stripe.customers.create({})).id : `cus_${userId}`;
  // In sequence: of tens of thousands of random numbers two are the same.
  const mobile = `+9196${10_000_000 + accounts++}`;
  await system.db.query(INSERT_SUBJECT, [userId, mobile, sessionId, customer, room, ended, running, queued]);
  const person = system.client(api).as(signAccessToken(system.env, userId, sessionId));
  return { person, userId, mobile, room, queued, running, ended, customer };
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

  'signs in by code': async (_setup, { person, mobile }) => {
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

  'finishes a reply': async ({ database }, { userId, running }) => {
    const result = {
      ...failed('gemini.unavailable', { model: 'flash', contextTrimmed: false }),
      refund: true,
    };
    return async () => {
      const [row] = await database.query(FINISH_REPLY, [
        ...([running, CLAIM] as const),
        ...toColumns(result),
        ...([userId, 4] as const),
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
