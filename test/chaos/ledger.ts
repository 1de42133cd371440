import type pg from 'pg';

/**
 * The auditor's own eyes: triggers of the test database write down every change of a reply's state and of a quota counter,
 * in the transaction that makes it, whoever makes it.
 */
const TRIGGERS = `
  CREATE TABLE chaos_ledger (
    id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(), reply_id uuid NOT NULL, room_id uuid NOT NULL,
    number int NOT NULL, became text NOT NULL, claim int NOT NULL, error_code text, content text, cached boolean);
  CREATE INDEX ON chaos_ledger (room_id);
  CREATE TABLE chaos_quota (id bigserial PRIMARY KEY, user_id uuid NOT NULL, used int NOT NULL);
  CREATE INDEX ON chaos_quota (user_id);

  CREATE FUNCTION chaos_note_reply() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.role = 'model' AND (TG_OP = 'INSERT' OR OLD.status <> NEW.status OR OLD.completed_at IS DISTINCT FROM NEW.completed_at) THEN
      INSERT INTO chaos_ledger (reply_id, room_id, number, became, claim, error_code, content, cached)
      VALUES (NEW.id, NEW.chatroom_id, NEW.number, NEW.status, NEW.claim, NEW.error_code, NEW.content, NEW.cached);
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER chaos_note AFTER INSERT OR UPDATE ON message FOR EACH ROW EXECUTE FUNCTION chaos_note_reply();

  CREATE FUNCTION chaos_note_claim() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO chaos_ledger (reply_id, room_id, number, became, claim)
    VALUES (NEW.subject_id::uuid, NEW.group_key::uuid, NEW.position, 'in_progress', NEW.claim);
    RETURN NULL;
  END $$;
  CREATE TRIGGER chaos_note AFTER UPDATE ON work_item FOR EACH ROW
    WHEN (NEW.kind = 'reply' AND NEW.claim <> OLD.claim) EXECUTE FUNCTION chaos_note_claim();

  CREATE FUNCTION chaos_note_quota() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    INSERT INTO chaos_quota (user_id, used) VALUES (NEW.user_id, NEW.used);
    RETURN NULL;
  END $$;
  CREATE TRIGGER chaos_note AFTER INSERT OR UPDATE ON quota_usage FOR EACH ROW EXECUTE FUNCTION chaos_note_quota();
`;

export interface Change {
  id: number;
  /** Milliseconds since the epoch. */
  at: number;
  replyId: string;
  roomId: string;
  number: number;
  was: string | null;
  became: string;
  claim: number;
  errorCode: string | null;
  content: string | null;
  cached: boolean;
}

export async function openLedger(db: pg.Pool): Promise<void> {
  await db.query(TRIGGERS);
}

/** Every change of every reply of the rooms, oldest first. */
export async function readLedger(db: pg.Pool, rooms: string[]): Promise<Change[]> {
  const { rows } = await db.query(
    `SELECT id::int, extract(epoch FROM at)::float8 * 1000 AS at, reply_id AS "replyId", room_id AS "roomId", number, became,
            lag(became) OVER (PARTITION BY reply_id ORDER BY id) AS was, claim, error_code AS "errorCode", content, cached
     FROM chaos_ledger WHERE room_id = ANY ($1) ORDER BY id`,
    [rooms],
  );
  return rows as Change[];
}
