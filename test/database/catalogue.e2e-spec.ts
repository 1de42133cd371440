import { readFileSync } from 'node:fs';
import pg from 'pg';
import { createDatabase } from '../support/databases.js';

const UNFINISHED = "(status = ANY (ARRAY['queued'::message_status, 'in_progress'::message_status]))";

/** Partial indexes: their table and columns, and their condition. */
const PARTIAL_INDEXES = {
  app_user_unverified: 'app_user (created_at) WHERE (verified_at IS NULL)',
  idempotency_key_subject:
    'idempotency_key (subject_id) WHERE ((body IS NOT NULL) AND (subject_id IS NOT NULL))',
  work_item_group_head:
    "UNIQUE work_item (kind, group_key) WHERE ((state <> 'waiting'::work_state) AND (group_key IS NOT NULL))",
  work_item_owner: 'work_item (kind, owner_id) WHERE (owner_id IS NOT NULL)',
  work_item_ready: "work_item (next_poll_at) WHERE (state = 'ready'::work_state)",
  work_item_running: "work_item (worker_id) WHERE (state = 'running'::work_state)",
};

/** Those that only the release before work items uses; the contract migration drops them. */
const PARTIAL_INDEXES_OF_THE_RELEASE_BEFORE = {
  message_ring: `message (ring_at) WHERE ${UNFINISHED}`,
  message_running: "UNIQUE message (chatroom_id) WHERE (status = 'in_progress'::message_status)",
  message_unfinished: `message (chatroom_id, number) WHERE ${UNFINISHED}`,
  one_time_code_undelivered: 'one_time_code (ring_at) WHERE (sealed_code IS NOT NULL)',
  stripe_event_unfinished: 'stripe_event (ring_at) WHERE (processed_at IS NULL)',
};

const CHECKS = {
  chatroom_without_user_is_deleted: 'CHECK (((user_id IS NOT NULL) OR (deleted_at IS NOT NULL)))',
  message_final_has_completed_at: `CHECK ((${UNFINISHED} = (completed_at IS NULL))) NOT VALID`,
  // Validated by the contract migration: until then rows of earlier releases are not checked.
  message_reply_has_prompt: "CHECK (((role = 'model'::message_role) = (reply_to IS NOT NULL))) NOT VALID",
  quota_usage_refunded: 'CHECK (((refunded >= 0) AND (refund_limit >= 0)))',
  quota_usage_used: 'CHECK ((used >= 0))',
  work_item_counts: 'CHECK (((claim >= 0) AND (attempts >= 0) AND (lost_claims >= 0) AND (priority >= 1)))',
  work_item_group_has_owner: 'CHECK (((group_key IS NULL) OR (owner_id IS NOT NULL)))',
  work_item_running_has_worker: "CHECK (((state = 'running'::work_state) = (worker_id IS NOT NULL)))",
};

/** Those of loads and admissions are VOLATILE: each reads with a snapshot of its own, after the account or the identity was locked. */
const FUNCTIONS = {
  fold_text: 'in_text text -> text IMMUTABLE',
  fold_title: ' -> trigger VOLATILE',
  otp_admit_guess:
    'in_identity text, in_purpose text, in_origin text, in_account text, in_per_send integer, in_per_hour integer, in_minutes integer, OUT retry_at timestamp with time zone -> timestamp with time zone VOLATILE',
  otp_admit_send:
    'in_key text, in_identity text, in_purpose text, in_origin text, in_account text, in_cooldown integer, in_per_hour integer, in_per_day integer, in_identities integer, in_budget integer, in_counted boolean, in_exempt boolean, OUT retry_at timestamp with time zone, OUT exhausted boolean, OUT spent integer, OUT moment timestamp with time zone -> record VOLATILE',
  room_load: 'in_owner uuid, in_limit integer, OUT rooms integer, OUT stored integer -> record VOLATILE',
  work_load:
    'in_kind text, in_owner uuid, in_group text, OUT owned integer, OUT admitted integer, OUT grouped integer -> record VOLATILE',
  work_promote:
    'in_kind text, in_owner uuid, in_limit integer -> TABLE(id text, next_claim integer, rank integer) VOLATILE',
};

const STORAGE_PARAMETERS = {
  message: ['fillfactor=85'],
  work_item: [
    'fillfactor=70',
    'autovacuum_vacuum_scale_factor=0',
    'autovacuum_vacuum_threshold=1000',
    'autovacuum_vacuum_insert_scale_factor=0',
    'autovacuum_vacuum_insert_threshold=10000',
    'autovacuum_analyze_scale_factor=0',
    'autovacuum_analyze_threshold=5000',
  ],
  worker_process: ['fillfactor=50', 'autovacuum_vacuum_scale_factor=0', 'autovacuum_vacuum_threshold=200'],
};

/** What becomes of a row when the row is deleted that it refers to. */
const FOREIGN_KEYS = {
  'message.chatroom_id': 'chatroom(id) ON UPDATE CASCADE ON DELETE CASCADE',
  'message.reply_to': 'message(id) ON UPDATE CASCADE ON DELETE CASCADE',
  'quota_usage.user_id': 'app_user(id) ON UPDATE CASCADE ON DELETE CASCADE',
  'subscription.user_id': 'app_user(id) ON UPDATE CASCADE ON DELETE CASCADE',
};

/** Columns that name a row without a foreign key; the schema gives the reason of each. */
const WITHOUT_FOREIGN_KEY = [
  'chatroom.user_id',
  'idempotency_key.subject_id',
  'idempotency_key.user_id',
  'one_time_code.user_id',
  'otp_challenge.user_id',
  'otp_log.identity_hash',
  'quota_carry_over.identity_hash',
  'session.user_id',
  'stripe_customer.user_id',
  'stripe_event.customer_id',
  'work_item.owner_id',
  'work_item.subject_id',
  'work_item.worker_id',
];

/** Columns that name nothing of this database: requests, in the log, and what is at Stripe. */
const OUTSIDE = ['request_id', 'stripe_charge_id', 'stripe_checkout_id', 'stripe_subscription_id'];

const schema = readFileSync('prisma/schema.prisma', 'utf8');
let database: Awaited<ReturnType<typeof createDatabase>>;
let client: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client(database.url);
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

/** @param sql selects a name and a definition */
async function catalogue<T = string>(sql: string): Promise<Record<string, T>> {
  const { rows } = await client.query<{ name: string; definition: T }>(sql);
  return Object.fromEntries(rows.map(({ name, definition }) => [name, definition]));
}

test('partial indexes', async () => {
  const indexes = await catalogue(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
     WHERE indpred IS NOT NULL AND indisvalid`,
  );
  const short = Object.entries(indexes).map(([name, definition]) => [name, shorten(definition)]);
  const expected = { ...PARTIAL_INDEXES, ...PARTIAL_INDEXES_OF_THE_RELEASE_BEFORE };
  expect(Object.fromEntries(short)).toEqual(expected);
});

function shorten(definition: string): string {
  return definition.replace(/^CREATE (UNIQUE )?INDEX \w+ ON public\.(\w+) USING btree/, '$1$2');
}

test('checks', async () => {
  const sql = `SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
    WHERE contype = 'c' AND connamespace = 'public'::regnamespace`;
  expect(await catalogue(sql)).toEqual(CHECKS);
});

test('functions', async () => {
  const sql = `SELECT proname AS name, concat(pg_get_function_arguments(oid), ' -> ', pg_get_function_result(oid),
      CASE provolatile WHEN 'v' THEN ' VOLATILE' WHEN 's' THEN ' STABLE' ELSE ' IMMUTABLE' END) AS definition
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND NOT starts_with(proname, 'bridge_')`;
  expect(await catalogue(sql)).toEqual(FUNCTIONS);
});

test('storage parameters', async () => {
  const sql = `SELECT relname AS name, reloptions AS definition FROM pg_class
    WHERE reloptions IS NOT NULL AND relnamespace = 'public'::regnamespace`;
  expect(await catalogue<string[]>(sql)).toEqual(STORAGE_PARAMETERS);
});

test.each([
  ...Object.keys({ ...PARTIAL_INDEXES, ...PARTIAL_INDEXES_OF_THE_RELEASE_BEFORE, ...CHECKS, ...FUNCTIONS }),
])('the schema names %s', (name) => {
  expect(schema).toContain(`\`${name}\``);
});

describe('references', () => {
  test('foreign keys', async () => {
    const sql = `SELECT concat(conrelid::regclass, '.', a.attname) AS name,
        split_part(pg_get_constraintdef(k.oid), ' REFERENCES ', 2) AS definition
      FROM pg_constraint k JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = ANY (conkey)
      WHERE contype = 'f' AND convalidated`;
    expect(await catalogue(sql)).toEqual(FOREIGN_KEYS);
  });

  test('no other column names a row, but for those with a reason', async () => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT concat(c.relname, '.', a.attname) AS name
       FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
       WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
         AND (a.attname LIKE '%\\_id' OR a.attname IN ('reply_to', 'identity_hash')) AND a.attname <> ALL ($1)
         AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = c.oid AND a.attnum = ANY (k.conkey))
       ORDER BY 1`,
      [OUTSIDE],
    );
    expect(rows.map(({ name }) => name)).toEqual(WITHOUT_FOREIGN_KEY);
  });

  test.each(WITHOUT_FOREIGN_KEY)('the schema says why %s has no foreign key', (name) => {
    const [table, column] = name.split('.');
    const model = schema.split(/^}/m).find((each) => each.includes(`@@map("${table}")`)) ?? '';
    const [, comment = ''] = new RegExp(`((?: *///.*\\n)+).*@map\\("${column}"\\)`).exec(model) ?? [];
    expect(comment).toMatch(/No foreign key: \w+/);
  });
});
