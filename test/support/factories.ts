import { createHash, createHmac, randomBytes, randomInt } from 'node:crypto';
import type pg from 'pg';
import { v7 as uuidv7 } from 'uuid';

export interface SignedIn {
  id: string;
  mobile: string;
  sessionId: string;
  accessToken: string;
}

export interface UserOverrides {
  mobile?: string;
  name?: string;
  /** Gives the person a live Pro subscription. */
  pro?: boolean;
}

/** Inserts a verified person with a session, and signs an access token as the product does. */
export async function buildUser(
  db: pg.Pool,
  env: Record<string, string>,
  overrides: UserOverrides = {},
): Promise<SignedIn> {
  const id = uuidv7();
  const mobile = overrides.mobile ?? `+9198${randomInt(1e7, 1e8 - 1)}`;
  await db.query(
    'INSERT INTO app_user (id, mobile, name, verified_at, updated_at) VALUES ($1, $2, $3, now(), now())',
    [id, mobile, overrides.name ?? null],
  );
  if (overrides.pro) await buildSubscription(db, id);
  const sessionId = await buildSession(db, id);
  return { id, mobile, sessionId, accessToken: signAccessToken(env, id, sessionId) };
}

async function buildSession(db: pg.Pool, userId: string): Promise<string> {
  const id = uuidv7();
  const hash = createHash('sha256').update(randomBytes(32)).digest('hex');
  await db.query(
    "INSERT INTO session (id, user_id, refresh_hash, expires_at) VALUES ($1, $2, $3, now() + interval '30 days')",
    [id, userId, hash],
  );
  return id;
}

export async function buildSubscription(
  db: pg.Pool,
  userId: string,
  { status = 'active', startedDaysAgo = 1 }: { status?: string; startedDaysAgo?: number } = {},
): Promise<void> {
  await db.query(
    `INSERT INTO subscription (user_id, stripe_subscription_id, status, current_period_start, current_period_end, cancel_at_period_end, updated_at)
     VALUES ($1, $2, $3, now() - make_interval(days => $4), now() - make_interval(days => $4) + interval '1 month', false, now())`,
    [userId, `sub_${randomBytes(8).toString('hex')}`, status, startedDaysAgo],
  );
}

/** Signs without Nest, which every test file that imports this would have to load. */
export function signAccessToken(env: Record<string, string>, userId: string, sessionId: string): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sid: sessionId, typ: 'access', sub: userId, iss: 'gemini-chat', aud: 'gemini-chat-api' };
  const text = [
    { alg: 'HS256', typ: 'JWT' },
    { ...claims, iat: now, exp: now + 3600 },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const secret = env.JWT_SECRET?.split(',')[0] ?? '';
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** A room with one queued prompt, as the accept statement leaves it. */
export async function buildQueuedReply(
  db: pg.Pool,
  userId: string,
  content: string,
): Promise<{ chatroomId: string; replyId: string }> {
  const [chatroomId, promptId, replyId] = [uuidv7(), uuidv7(), uuidv7()];
  await db.query(
    `INSERT INTO chatroom (id, user_id, title, title_is_default, next_number, message_count) VALUES ($1, $2, 'Room', false, 3, 2)`,
    [chatroomId, userId],
  );
  await db.query(
    `INSERT INTO message (id, chatroom_id, number, role, status, content, reply_to, completed_at) VALUES
       ($1, $3, 1, 'user', 'completed', $4, NULL, now()), ($2, $3, 2, 'model', 'queued', NULL, $1, NULL)`,
    [promptId, replyId, chatroomId, content],
  );
  await db.query(
    `INSERT INTO work_item (kind, subject_id, group_key, position, owner_id) VALUES ('reply', $1, $2, 2, $3)`,
    [replyId, chatroomId, userId],
  );
  return { chatroomId, replyId };
}

export async function buildRoom(db: pg.Pool, userId: string, title = 'A room'): Promise<string> {
  const id = uuidv7();
  await db.query('INSERT INTO chatroom (id, user_id, title, title_is_default) VALUES ($1, $2, $3, false)', [
    id,
    userId,
    title,
  ]);
  return id;
}

export interface ReplyOverrides {
  status?: string;
  content?: string | null;
  claim?: number;
}

/**
 * Inserts a prompt and its reply. One in progress is held by a worker process whose lease lasts an hour, so that no worker of
 * the test takes it; the test itself publishes for it and ends it.
 */
export async function buildReply(
  db: pg.Pool,
  roomId: string,
  { status = 'in_progress', content = null, claim = 1 }: ReplyOverrides = {},
): Promise<string> {
  const [promptId, id] = [uuidv7(), uuidv7()];
  const { rows } = await db.query<{ number: number; userId: string }>(
    `UPDATE chatroom SET next_number = next_number + 2, message_count = message_count + 2 WHERE id = $1
     RETURNING next_number - 2 AS number, user_id AS "userId"`,
    [roomId],
  );
  const { number = 1, userId } = rows[0] ?? {};
  const unfinished = status === 'queued' || status === 'in_progress';
  await db.query(
    `INSERT INTO message (id, chatroom_id, number, role, status, content, reply_to, claim, completed_at)
     VALUES ($1, $2, $3, 'user', 'completed', 'A prompt', NULL, 0, now()),
            ($4, $2, $3 + 1, 'model', $5, $6, $1, $7, CASE WHEN NOT $8 THEN now() END)`,
    [
      promptId,
      roomId,
      number,
      id,
      unfinished ? 'queued' : status,
      content,
      unfinished ? 0 : claim,
      unfinished,
    ],
  );
  if (unfinished)
    await buildItem(db, { id, roomId, userId, number: number + 1, claim, running: status === 'in_progress' });
  return id;
}

interface ItemParts {
  id: string;
  roomId: string;
  userId: string | undefined;
  number: number;
  claim: number;
  running: boolean;
}

async function buildItem(
  db: pg.Pool,
  { id, roomId, userId, number, claim, running }: ItemParts,
): Promise<void> {
  const workerId = uuidv7();
  await db.query("INSERT INTO worker_process (id, lease_until) VALUES ($1, now() + interval '1 hour')", [
    workerId,
  ]);
  await db.query(
    `INSERT INTO work_item (kind, subject_id, group_key, position, owner_id, claim, state, worker_id, next_poll_at)
     VALUES ('reply', $1, $2, $3, $4, $5, CASE WHEN $6 THEN 'running'::work_state ELSE 'waiting' END,
             CASE WHEN $6 THEN $7::uuid END, now() + interval '1 hour')`,
    [id, roomId, number, userId, running ? claim : 0, running, workerId],
  );
}
