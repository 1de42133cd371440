-- One table for all unfinished work: replies, Stripe events, codes to deliver, customers to reconcile, rooms to purge.
-- The release before this one keeps running on this schema: the section "Bridge" at the end translates between its columns
-- and work items. The contract migration removes the bridge and those columns once that release is gone.

CREATE TYPE "work_state" AS ENUM ('waiting', 'ready', 'running');

CREATE TABLE "work_item" (
    "kind" TEXT NOT NULL,
    "subject_id" TEXT NOT NULL,
    "group_key" TEXT,
    "position" INTEGER NOT NULL DEFAULT 0,
    "owner_id" UUID,
    "priority" INTEGER NOT NULL DEFAULT 1,
    "state" "work_state" NOT NULL DEFAULT 'ready',
    "claim" INTEGER NOT NULL DEFAULT 0,
    "worker_id" UUID,
    "run_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "next_poll_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "lost_claims" INTEGER NOT NULL DEFAULT 0,
    "retry_with" TEXT,
    "request_id" TEXT,
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "work_item_pkey" PRIMARY KEY ("kind", "subject_id"),
    CONSTRAINT "work_item_running_has_worker" CHECK (("state" = 'running') = ("worker_id" IS NOT NULL)),
    CONSTRAINT "work_item_group_has_owner" CHECK ("group_key" IS NULL OR "owner_id" IS NOT NULL),
    CONSTRAINT "work_item_counts" CHECK ("claim" >= 0 AND "attempts" >= 0 AND "lost_claims" >= 0 AND "priority" >= 1)
);

-- Rows live for seconds and are updated twice. Room for the new versions in the same page, and a vacuum that counts rows
-- instead of waiting for a fifth of a table that is small and busy.
ALTER TABLE "work_item" SET (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 10000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 5000
);

-- At most one item of a group is ready or running: replies of a room are generated one at a time.
CREATE UNIQUE INDEX "work_item_group_head" ON "work_item" ("kind", "group_key")
    WHERE "state" <> 'waiting' AND "group_key" IS NOT NULL;
-- What the recovery polls: never what waits.
CREATE INDEX "work_item_ready" ON "work_item" ("next_poll_at") WHERE "state" = 'ready';
-- What a worker holds.
CREATE INDEX "work_item_running" ON "work_item" ("worker_id") WHERE "state" = 'running';
-- An owner's unfinished items, for the caps and for fairness.
CREATE INDEX "work_item_owner" ON "work_item" ("kind", "owner_id") WHERE "owner_id" IS NOT NULL;

-- One row for each worker process: its lease holds for all that it runs, so that a long reply costs no write of its own.
CREATE TABLE "worker_process" (
    "id" UUID NOT NULL,
    "lease_until" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "worker_process_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "worker_process" SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

-- How much an owner has unfinished. VOLATILE, so that it reads with a snapshot of its own: a statement that has waited for
-- the owner's account row sees here what the transaction before it has committed, which its own snapshot does not.
CREATE FUNCTION "work_load"(
    in_kind TEXT, in_owner UUID, in_group TEXT, OUT owned INTEGER, OUT admitted INTEGER, OUT grouped INTEGER
) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    SELECT count(*), count(*) FILTER (WHERE w.state <> 'waiting'), count(*) FILTER (WHERE w.group_key = in_group)
    INTO owned, admitted, grouped
    FROM work_item w WHERE w.kind = in_kind AND w.owner_id = in_owner;
END $$;

-- Makes waiting items of an owner ready while fewer than in_limit are admitted (ready or running): heads of groups that have
-- none admitted, the oldest first. VOLATILE for the same reason. The caller holds the owner's account row.
CREATE FUNCTION "work_promote"(in_kind TEXT, in_owner UUID, in_limit INTEGER)
RETURNS TABLE (id TEXT, next_claim INTEGER, rank INTEGER) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    admitted INTEGER;
BEGIN
    SELECT count(*) INTO admitted
    FROM work_item w WHERE w.kind = in_kind AND w.owner_id = in_owner AND w.state <> 'waiting';
    IF admitted >= in_limit THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH head AS (
        SELECT DISTINCT ON (w.group_key) w.subject_id AS subject, w.created_at AS since
        FROM work_item w
        WHERE w.kind = in_kind AND w.owner_id = in_owner AND w.state = 'waiting'
          AND NOT EXISTS (
              SELECT FROM work_item o WHERE o.kind = w.kind AND o.group_key = w.group_key AND o.state <> 'waiting')
        ORDER BY w.group_key, w.position
    ), chosen AS (
        SELECT subject, (admitted + row_number() OVER (ORDER BY since, subject))::int AS place
        FROM head ORDER BY since, subject LIMIT in_limit - admitted
    )
    UPDATE work_item w SET state = 'ready', priority = chosen.place, next_poll_at = clock_timestamp() + interval '1 second'
    FROM chosen WHERE w.kind = in_kind AND w.subject_id = chosen.subject
    RETURNING w.subject_id, w.claim, w.priority;
END $$;

-- A deleted room is out of sight at once; its rows are purged in portions. One whose account is deleted belongs to no one.
ALTER TABLE "chatroom" ADD COLUMN "deleted_at" TIMESTAMPTZ(3), ALTER COLUMN "user_id" DROP NOT NULL;
ALTER TABLE "chatroom" ADD CONSTRAINT "chatroom_without_user_is_deleted"
    CHECK ("user_id" IS NOT NULL OR "deleted_at" IS NOT NULL);

-- What must hold whatever a statement does. Those on message are NOT VALID, so that no lock is held while its rows are read;
-- the contract migration validates them.
ALTER TABLE "quota_usage" ADD CONSTRAINT "quota_usage_used" CHECK ("used" >= 0) NOT VALID;
ALTER TABLE "quota_usage" VALIDATE CONSTRAINT "quota_usage_used";
ALTER TABLE "message" ADD CONSTRAINT "message_final_has_completed_at"
    CHECK (("status" IN ('queued', 'in_progress')) = ("completed_at" IS NULL)) NOT VALID;
ALTER TABLE "message" ADD CONSTRAINT "message_reply_has_prompt"
    CHECK (("role" = 'model') = ("reply_to" IS NOT NULL)) NOT VALID;

-- A message is inserted once and updated once: room for that update in the same page.
ALTER TABLE "message" SET (fillfactor = 85);

-- Bridge ------------------------------------------------------------------------------------------------------------
-- The release before names ring_at when it makes work; this one does not, and 'infinity' hides its rows from the polls and
-- the claims of that release.
ALTER TABLE "message" ALTER COLUMN "ring_at" SET DEFAULT 'infinity', ALTER COLUMN "available_at" SET DEFAULT 'infinity';
ALTER TABLE "stripe_event" ALTER COLUMN "ring_at" SET DEFAULT 'infinity';
ALTER TABLE "one_time_code" ALTER COLUMN "ring_at" SET DEFAULT 'infinity';

CREATE FUNCTION "bridge_reply_item"(reply "message") RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    owner UUID;
    load RECORD;
BEGIN
    SELECT user_id INTO owner FROM chatroom WHERE id = reply.chatroom_id;
    PERFORM FROM app_user WHERE id = owner FOR NO KEY UPDATE;
    SELECT * INTO load FROM work_load('reply', owner, reply.chatroom_id::text);
    -- A worker of the release before takes it within seconds; this release does so where none is left.
    INSERT INTO work_item (kind, subject_id, group_key, position, owner_id, priority, state, claim, request_id, run_at, next_poll_at)
    VALUES ('reply', reply.id::text, reply.chatroom_id::text, reply.number, owner, load.admitted + 1,
            CASE WHEN load.grouped = 0 AND load.admitted < 4 THEN 'ready'::work_state ELSE 'waiting' END,
            reply.claim, reply.request_id, clock_timestamp() + interval '15 seconds', clock_timestamp() + interval '15 seconds')
    ON CONFLICT DO NOTHING;
END $$;

CREATE FUNCTION "bridge_message"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner UUID;
    has_item BOOLEAN;
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM bridge_reply_item(NEW);
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.completed_at IS NULL THEN
        has_item := EXISTS (SELECT FROM work_item WHERE kind = 'reply' AND subject_id = NEW.id::text);
        IF has_item THEN
            UPDATE message SET available_at = 'infinity', ring_at = 'infinity' WHERE id = NEW.id AND ring_at < 'infinity';
        ELSE
            PERFORM bridge_reply_item(NEW);
        END IF;
        RETURN NULL;
    END IF;
    -- Finished, cancelled or deleted. The account is locked as by this release's statements: an acceptance in the same
    -- instant would count this item, and its own would wait behind nothing.
    SELECT owner_id INTO owner FROM work_item WHERE kind = 'reply' AND subject_id = OLD.id::text;
    IF owner IS NOT NULL THEN
        PERFORM FROM app_user WHERE id = owner FOR NO KEY UPDATE;
        DELETE FROM work_item WHERE kind = 'reply' AND subject_id = OLD.id::text;
        PERFORM work_promote('reply', owner, 4);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION "bridge_message_before"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.available_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE TRIGGER "bridge_insert_before" BEFORE INSERT ON "message" FOR EACH ROW
    WHEN (NEW.role = 'model' AND NEW.ring_at < 'infinity') EXECUTE FUNCTION bridge_message_before();
CREATE TRIGGER "bridge_insert" AFTER INSERT ON "message" FOR EACH ROW
    WHEN (NEW.role = 'model' AND NEW.completed_at IS NULL AND NEW.ring_at < 'infinity') EXECUTE FUNCTION bridge_message();
CREATE TRIGGER "bridge_update" AFTER UPDATE ON "message" FOR EACH ROW
    WHEN ((OLD.completed_at IS NULL) <> (NEW.completed_at IS NULL)) EXECUTE FUNCTION bridge_message();
CREATE TRIGGER "bridge_delete" AFTER DELETE ON "message" FOR EACH ROW
    WHEN (OLD.role = 'model' AND OLD.completed_at IS NULL) EXECUTE FUNCTION bridge_message();

-- A claim of this release of a reply that the release before made: not while its worker holds it, and then for good.
CREATE FUNCTION "bridge_claim"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    reply RECORD;
BEGIN
    SELECT claim, lease_until, ring_at INTO reply FROM message WHERE id = NEW.subject_id::uuid FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF reply.ring_at = 'infinity' THEN
        RETURN NEW;
    END IF;
    IF reply.lease_until > clock_timestamp() THEN
        RETURN NULL;
    END IF;
    UPDATE message SET status = 'queued', available_at = 'infinity', ring_at = 'infinity', lease_until = NULL
    WHERE id = NEW.subject_id::uuid;
    NEW.claim := greatest(NEW.claim, reply.claim + 1);
    RETURN NEW;
END $$;
CREATE TRIGGER "bridge_claim" BEFORE UPDATE ON "work_item" FOR EACH ROW
    WHEN (OLD.kind = 'reply' AND OLD.state = 'ready' AND NEW.state = 'running') EXECUTE FUNCTION bridge_claim();

CREATE FUNCTION "bridge_stripe_event"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.processed_at IS NOT NULL THEN
        DELETE FROM work_item WHERE kind = 'stripe-event' AND subject_id = NEW.id AND state <> 'running';
    ELSE
        INSERT INTO work_item (kind, subject_id, request_id, run_at, next_poll_at)
        VALUES ('stripe-event', NEW.id, NEW.request_id, clock_timestamp() + interval '35 seconds', clock_timestamp() + interval '35 seconds')
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER "bridge_insert" AFTER INSERT ON "stripe_event" FOR EACH ROW
    WHEN (NEW.processed_at IS NULL AND NEW.ring_at < 'infinity') EXECUTE FUNCTION bridge_stripe_event();
CREATE TRIGGER "bridge_update" AFTER UPDATE OF "processed_at" ON "stripe_event" FOR EACH ROW
    WHEN (NEW.processed_at IS NOT NULL) EXECUTE FUNCTION bridge_stripe_event();

CREATE FUNCTION "bridge_code_before"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.ring_at := 'infinity';
    RETURN NEW;
END $$;
CREATE FUNCTION "bridge_code"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO work_item (kind, subject_id, request_id, run_at, next_poll_at)
    VALUES ('code-delivery', NEW.id::text, NEW.request_id, clock_timestamp() + interval '35 seconds', clock_timestamp() + interval '35 seconds')
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
-- The release before always names another ring_at for a new code; this one leaves the column alone.
CREATE TRIGGER "bridge_before" BEFORE UPDATE ON "one_time_code" FOR EACH ROW
    WHEN (NEW.id <> OLD.id AND NEW.ring_at = OLD.ring_at) EXECUTE FUNCTION bridge_code_before();
CREATE TRIGGER "bridge_change" AFTER INSERT OR UPDATE OF "id" ON "one_time_code" FOR EACH ROW
    WHEN (NEW.sealed_code IS NOT NULL AND NEW.ring_at < 'infinity') EXECUTE FUNCTION bridge_code();

CREATE FUNCTION "bridge_customer"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO work_item (kind, subject_id, run_at, next_poll_at)
    VALUES ('customer-reconciliation', NEW.id, NEW.sweep_at, NEW.sweep_at)
    ON CONFLICT (kind, subject_id) DO UPDATE SET run_at = excluded.run_at, next_poll_at = excluded.next_poll_at;
    RETURN NULL;
END $$;
CREATE TRIGGER "bridge_change" AFTER INSERT OR UPDATE OF "sweep_at" ON "stripe_customer" FOR EACH ROW
    WHEN (NEW.sweep_at IS NOT NULL) EXECUTE FUNCTION bridge_customer();

-- Unfinished work of the release before. In each room the oldest first; of each person at most four rooms at a time, those
-- first in which a reply has begun.
INSERT INTO work_item (kind, subject_id, group_key, position, owner_id, priority, state, claim, attempts, lost_claims, retry_with,
                       request_id, run_at, next_poll_at, created_at)
SELECT 'reply', id::text, chatroom_id::text, number, user_id, least(place, 4),
       CASE WHEN head AND place <= 4 THEN 'ready'::work_state ELSE 'waiting' END,
       claim, attempts, lost_claims, model, request_id,
       greatest(available_at, clock_timestamp() + interval '15 seconds'),
       greatest(available_at, clock_timestamp() + interval '15 seconds'), created_at
FROM (
    SELECT *, dense_rank() OVER (PARTITION BY user_id ORDER BY begun DESC, chatroom_id) AS place
    FROM (
        SELECT m.*, c.user_id, m.id = first_value(m.id) OVER room AS head,
               first_value(m.status = 'in_progress') OVER room AS begun
        FROM message m JOIN chatroom c ON c.id = m.chatroom_id
        WHERE m.status IN ('queued', 'in_progress')
        WINDOW room AS (PARTITION BY m.chatroom_id ORDER BY (m.status = 'in_progress') DESC, m.number)
    ) of_room
) unfinished;

INSERT INTO work_item (kind, subject_id, request_id, attempts, last_error, run_at, next_poll_at, created_at)
SELECT 'stripe-event', id, request_id, attempts, last_error, greatest(ring_at, clock_timestamp() + interval '35 seconds'),
       greatest(ring_at, clock_timestamp() + interval '35 seconds'), received_at
FROM stripe_event WHERE processed_at IS NULL;

INSERT INTO work_item (kind, subject_id, request_id, attempts, run_at, next_poll_at)
SELECT 'code-delivery', id::text, request_id, delivery_attempts, greatest(ring_at, clock_timestamp() + interval '35 seconds'),
       greatest(ring_at, clock_timestamp() + interval '35 seconds')
FROM one_time_code WHERE sealed_code IS NOT NULL;

INSERT INTO work_item (kind, subject_id, run_at, next_poll_at)
SELECT 'customer-reconciliation', id, sweep_at, sweep_at FROM stripe_customer WHERE sweep_at IS NOT NULL;
