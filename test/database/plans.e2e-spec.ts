import pg from 'pg';
import { SEND_CODE, USE_CHALLENGE, USE_CODE } from '../../src/auth/otp/otp.sql.js';
import {
  FIND_LIVE_SESSIONS,
  FIND_PRINCIPAL,
  PURGE_SESSIONS,
  ROTATE_REFRESH_TOKEN,
  TOUCH_SESSION,
} from '../../src/auth/session/session.sql.js';
import {
  FIND_MESSAGE,
  FIND_REPLIES,
  FIND_ROOM,
  MESSAGES_BEFORE,
} from '../../src/chatroom/message/message.sql.js';
import {
  ACCEPT_PROMPT,
  CANCEL_REPLY,
  FIND_REPLY_STATE,
  RETRY_REPLY,
} from '../../src/chatroom/prompt/prompt.sql.js';
import { CLAIM_REPLY, FINISH_REPLY } from '../../src/chatroom/reply/reply.sql.js';
import {
  CHATROOM_FIRST_PAGE,
  CHATROOM_NEXT_PAGE,
  CHATROOM_SEARCH_PAGE,
  CREATE_CHATROOM,
  DELETE_CHATROOM,
  END_ACCOUNT_REPLIES,
  FIND_CHATROOM,
  UPDATE_CHATROOM,
} from '../../src/chatroom/room/chatroom.sql.js';
import {
  FIND_ORPHANED_CHATROOMS,
  FIND_PURGED_MESSAGES,
  PURGE_CHATROOMS,
  PURGE_MESSAGES,
} from '../../src/chatroom/room/purge.sql.js';
import { PAGE_BYTES } from '../../src/common/http/json-page.js';
import {
  LOCK_KEY,
  PURGE_KEYS,
  PURGE_RESPONSES,
  STORE_RESPONSE,
} from '../../src/infra/idempotency/idempotency.sql.js';
import type { Statement } from '../../src/infra/postgres/database.js';
import {
  CLAIM_ITEM,
  FINISH_ITEM,
  RECOVER_READY,
  RECOVER_RUNNING,
  RELEASE_ITEM,
  RENEW_LEASE,
} from '../../src/infra/work/work.sql.js';
import { CARRY_OVER_USAGE, RESTORE_USAGE } from '../../src/quota/quota.sql.js';
import { ACCEPT_SYNC_RESULT, FIND_CHECKOUT_CUSTOMER } from '../../src/subscription/sync.sql.js';
import {
  CLAIM_STRIPE_EVENT,
  FINISH_STRIPE_EVENT,
  RECORD_STRIPE_EVENT,
} from '../../src/webhook/stripe-event.sql.js';
import { createDatabase } from '../support/databases.js';
import { explain, measure, useGenericPlans } from './explained-plan.js';
import { fill, LONG_ROOM, OWNER_OF_MANY_ROOMS } from './filled-database.js';

/** The tables that grow with use. Only a table of a few rows, as that of worker processes, may be read from end to end. */
const SMALL = ['worker_process'];

/** The hot statements, with the indexes that each must search, and no others. */
const PLANS: [Statement, string[]][] = [
  [FIND_PRINCIPAL, ['app_user_pkey', 'session_pkey', 'subscription_pkey']],
  [TOUCH_SESSION, ['session_pkey']],
  [FIND_LIVE_SESSIONS, ['app_user_pkey', 'session_pkey']],
  [ROTATE_REFRESH_TOKEN, ['app_user_pkey', 'session_refresh_hash_key']],
  [PURGE_SESSIONS, ['app_user_pkey', 'session_pkey', 'session_user_id_idx']],
  [SEND_CODE, ['work_item_owner', 'work_item_pkey']],
  [USE_CHALLENGE, ['otp_challenge_pkey']],
  [USE_CODE, ['otp_challenge_identity_purpose_expires_at_idx']],
  [ACCEPT_PROMPT, ['app_user_pkey', 'chatroom_pkey', 'quota_usage_pkey', 'work_item_pkey']],
  [RETRY_REPLY, ['app_user_pkey', 'chatroom_pkey', 'message_pkey', 'quota_usage_pkey', 'work_item_pkey']],
  [CANCEL_REPLY, ['app_user_pkey', 'message_pkey', 'work_item_pkey']],
  [FIND_REPLY_STATE, ['chatroom_pkey', 'message_pkey', 'work_item_pkey']],
  [CLAIM_REPLY, ['chatroom_pkey', 'message_chatroom_id_number_key', 'message_pkey', 'work_item_pkey']],
  [FINISH_REPLY, ['app_user_pkey', 'message_pkey', 'quota_usage_pkey', 'work_item_pkey']],
  [FIND_ROOM, ['chatroom_pkey']],
  [MESSAGES_BEFORE, ['message_chatroom_id_number_key', 'work_item_pkey']],
  [FIND_MESSAGE, ['chatroom_pkey', 'message_pkey', 'work_item_pkey']],
  [FIND_REPLIES, ['chatroom_pkey', 'message_pkey', 'work_item_pkey']],
  [FIND_CHATROOM, ['chatroom_pkey']],
  [CREATE_CHATROOM, ['app_user_pkey']],
  [UPDATE_CHATROOM, ['app_user_pkey', 'chatroom_pkey']],
  [DELETE_CHATROOM, ['app_user_pkey', 'chatroom_pkey', 'work_item_owner', 'work_item_pkey']],
  [END_ACCOUNT_REPLIES, ['chatroom_pkey', 'work_item_owner']],
  [FIND_ORPHANED_CHATROOMS, ['app_user_pkey', 'chatroom_user_id_activity_at_id_idx']],
  [FIND_PURGED_MESSAGES, ['app_user_pkey', 'chatroom_pkey', 'message_chatroom_id_number_key']],
  [PURGE_MESSAGES, ['message_pkey']],
  [PURGE_CHATROOMS, ['app_user_pkey', 'chatroom_pkey', 'message_chatroom_id_number_key']],
  [CHATROOM_FIRST_PAGE, ['chatroom_user_id_activity_at_id_idx']],
  [CHATROOM_NEXT_PAGE, ['chatroom_user_id_activity_at_id_idx']],
  [CHATROOM_SEARCH_PAGE, ['chatroom_user_id_activity_at_id_idx']],
  [LOCK_KEY, ['idempotency_key_pkey']],
  [STORE_RESPONSE, ['idempotency_key_pkey']],
  [PURGE_RESPONSES, ['idempotency_key_pkey', 'idempotency_key_subject']],
  [PURGE_KEYS, ['app_user_pkey', 'idempotency_key_pkey']],
  [CLAIM_ITEM, ['work_item_pkey']],
  [FINISH_ITEM, ['work_item_pkey']],
  [RELEASE_ITEM, ['work_item_pkey']],
  [RENEW_LEASE, ['work_item_running', 'worker_process_pkey']],
  [RECOVER_READY, ['work_item_pkey', 'work_item_ready']],
  [RECOVER_RUNNING, ['work_item_running']],
  [CARRY_OVER_USAGE, ['quota_carry_over_pkey', 'quota_usage_pkey']],
  [RESTORE_USAGE, ['quota_carry_over_pkey', 'quota_usage_pkey']],
  [RECORD_STRIPE_EVENT, ['stripe_event_pkey', 'work_item_pkey']],
  [CLAIM_STRIPE_EVENT, ['stripe_event_pkey', 'work_item_pkey']],
  [FINISH_STRIPE_EVENT, ['stripe_event_pkey', 'work_item_pkey']],
  [ACCEPT_SYNC_RESULT, ['app_user_pkey', 'stripe_customer_pkey']],
  [FIND_CHECKOUT_CUSTOMER, ['stripe_customer_stripe_checkout_id_key']],
];

const PAGE = 21;
let database: Awaited<ReturnType<typeof createDatabase>>;
let client: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  await fill(client);
  await useGenericPlans(client);
}, 300_000);
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

test('the database has a million messages', async () => {
  const { rows } = await client.query<{ count: string }>('SELECT count(*) FROM message');
  expect(Number(rows[0]?.count)).toBe(1_000_000);
});

test.each(PLANS.map(([statement, indexes]) => [statement.name, statement, indexes] as const))(
  '%s searches the indexes that it should',
  async (_, statement, indexes) => {
    const plan = await explain(client, statement);
    expect(plan.scanned.filter((table) => !SMALL.includes(table))).toEqual([]);
    expect(plan.indexes).toEqual(indexes);
  },
);

describe('a page of a room of 500,000 messages', () => {
  test.each([
    ['newest', LONG_ROOM.messages + 1],
    ['middle', LONG_ROOM.messages / 2],
    ['oldest', PAGE + 1],
  ])('the %s reads its own messages only', async (_, before) => {
    const { rows, blocks, indexes } = await measure(client, MESSAGES_BEFORE, [
      LONG_ROOM.id,
      before,
      PAGE,
      PAGE_BYTES,
    ]);
    expect(rows).toBe(PAGE);
    expect(blocks).toBeLessThanOrEqual(12);
    expect(indexes).toContain('message_chatroom_id_number_key');
  });
});

test.each([
  ['work_load', `SELECT work_load('reply', $1, 'none')`],
  ['work_promote', `SELECT work_promote('reply', $1, 4)`],
])('%s searches indexes of the work items only', async (_, sql) => {
  await client.query('BEGIN');
  try {
    await client.query(sql, [OWNER_OF_MANY_ROOMS]);
    const { rows } = await client.query<{ scans: string; searches: string }>(
      `SELECT seq_scan AS scans, idx_scan AS searches FROM pg_stat_xact_user_tables WHERE relname = 'work_item'`,
    );
    expect(Number(rows[0]?.scans)).toBe(0);
    expect(Number(rows[0]?.searches)).toBeGreaterThan(0);
  } finally {
    await client.query('ROLLBACK');
  }
});
