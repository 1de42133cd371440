import pg from 'pg';

/** Rows: enough that PostgreSQL would not choose to read a whole table for want of size. */
const USERS = 20_000;
const ROOMS_OF_ONE_USER = 10_000;
const MESSAGES_OF_ONE_ROOM = 500_000;
const MESSAGES_OF_OTHER_ROOMS = 50;
const WORK_ITEMS = 20_000;

/** From an hour ago to an hour from now. */
const AROUND_NOW = 'now() + make_interval(mins => n % 120 - 60)';

/** A UUID that grows with the number, as UUIDv7 grows with time. @param n an SQL expression */
const uuid = (n: string) => `lpad(to_hex(${n}), 32, '0')::uuid`;

export const LONG_ROOM = {
  id: '00000000-0000-0000-0000-000000000000',
  owner: '00000000-0000-0000-0000-000000000002',
  messages: MESSAGES_OF_ONE_ROOM,
};
/** The account with many rooms. */
export const OWNER_OF_MANY_ROOMS = '00000000-0000-0000-0000-000000000001';

/** One message of each number, prompt and reply in turn. @param first a number that makes the ids unique */
const messages = (chatroom: string, first: string, from: string) => `
  INSERT INTO message (id, chatroom_id, number, role, status, content, reply_to, completed_at)
  SELECT ${uuid(`${first} + n`)}, ${chatroom}, n, (CASE WHEN n % 2 = 1 THEN 'user' ELSE 'model' END)::message_role, 'completed',
         'Message ' || n, CASE WHEN n % 2 = 0 THEN ${uuid(`${first} + n - 1`)} END,
         now() - make_interval(secs => 60 * (${MESSAGES_OF_ONE_ROOM} - n)) FROM ${from}`;

const FILL = [
  `INSERT INTO app_user (id, mobile, email_key, verified_at)
   SELECT ${uuid('n')}, '+9198' || n, n || '@example.com', now() FROM generate_series(1, ${USERS}) n`,
  `INSERT INTO session (id, user_id, refresh_hash, expires_at)
   SELECT ${uuid('n')}, ${uuid(`1 + n % ${USERS}`)}, n::text, now() + interval '30 days' FROM generate_series(1, ${3 * USERS}) n`,
  `INSERT INTO subscription (user_id, stripe_subscription_id, status, current_period_start, current_period_end, cancel_at_period_end)
   SELECT ${uuid('n')}, 'sub_' || n, 'active', now(), now() + interval '1 month', false FROM generate_series(1, ${USERS}) n`,
  `INSERT INTO stripe_customer (id, user_id, stripe_checkout_id)
   SELECT 'cus_' || n, ${uuid('n')}, 'cs_' || n FROM generate_series(1, ${USERS}) n`,
  `INSERT INTO stripe_event (id, type, customer_id, processed_at)
   SELECT 'evt_' || n, 'invoice.paid', 'cus_' || n, CASE WHEN n % 50 > 0 THEN now() END FROM generate_series(1, ${USERS}) n`,
  `INSERT INTO quota_usage (user_id, day, used) SELECT ${uuid('n')}, current_date, 1 FROM generate_series(1, ${USERS}) n`,
  `INSERT INTO quota_carry_over (identity_hash, day, used) SELECT n::text, current_date, 1 FROM generate_series(1, ${USERS}) n`,
  `INSERT INTO otp_challenge (id, identity, purpose, user_id, origin, code_hash, sent_at, expires_at)
   SELECT ${uuid('n')}, '+9198' || n, 'sign_in', ${uuid('n')}, 'address', 'hash', now(), ${AROUND_NOW} FROM generate_series(1, ${USERS}) n`,
  `INSERT INTO otp_log (action, identity_hash, purpose, origin, at)
   SELECT 'send', n::text, 'sign_in', 'address', ${AROUND_NOW} FROM generate_series(1, ${USERS}) n`,
  `INSERT INTO idempotency_key (user_id, key, fingerprint, owner, expires_at)
   SELECT ${uuid('n')}, n::text, '', ${uuid('n')}, ${AROUND_NOW} FROM generate_series(1, ${USERS}) n`,
  // The long room has the number 0, the rooms of one user follow, and every user has one more.
  `INSERT INTO chatroom (id, user_id, title, title_is_default, activity_at)
   SELECT ${uuid('n')}, CASE WHEN n BETWEEN 1 AND ${ROOMS_OF_ONE_USER} THEN ${uuid('1')} ELSE ${uuid(`2 + n % (${USERS} - 1)`)} END,
          'Room ' || n, false, now() - make_interval(mins => n)
   FROM generate_series(0, ${ROOMS_OF_ONE_USER + USERS}) n`,
  'ALTER TABLE message SET UNLOGGED',
  messages(uuid('0'), '0', `generate_series(1, ${MESSAGES_OF_ONE_ROOM}) n`),
  messages(
    uuid('room'),
    `${MESSAGES_OF_ONE_ROOM} + room * ${MESSAGES_OF_OTHER_ROOMS}`,
    `generate_series(1, ${ROOMS_OF_ONE_USER}) room, generate_series(1, ${MESSAGES_OF_OTHER_ROOMS}) n`,
  ),
  // One in ten is ready and one in a hundred runs; the others wait behind their group's head.
  `INSERT INTO work_item (kind, subject_id, group_key, owner_id, state, worker_id)
   SELECT 'reply', ${uuid('n')}::text, ${uuid('n')}::text, ${uuid(`n % ${USERS}`)},
          (CASE WHEN n % 100 = 0 THEN 'running' WHEN n % 10 = 1 THEN 'ready' ELSE 'waiting' END)::work_state,
          CASE WHEN n % 100 = 0 THEN ${uuid('n % 10')} END
   FROM generate_series(1, ${WORK_ITEMS}) n`,
  `INSERT INTO worker_process (id, lease_until) SELECT ${uuid('n')}, now() + interval '9 seconds' FROM generate_series(0, 9) n`,
];

/** Fills a migrated database with a million messages, in SQL, without triggers and the checks of foreign keys. */
export async function fill(client: pg.Client): Promise<void> {
  await client.query('SET session_replication_role = replica');
  for (const sql of FILL) await client.query(sql);
  await client.query('RESET session_replication_role');
  await client.query('ANALYZE');
}
