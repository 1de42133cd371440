-- The contract half of add_work_item: to become a migration of the next release, when no process of the release before
-- add_work_item runs any more. Removes the bridge and the columns and indexes that only that release reads.

DROP TRIGGER "bridge_insert_before" ON "message";
DROP TRIGGER "bridge_insert" ON "message";
DROP TRIGGER "bridge_update" ON "message";
DROP TRIGGER "bridge_delete" ON "message";
DROP TRIGGER "bridge_claim" ON "work_item";
DROP TRIGGER "bridge_insert" ON "stripe_event";
DROP TRIGGER "bridge_update" ON "stripe_event";
DROP TRIGGER "bridge_before" ON "one_time_code";
DROP TRIGGER "bridge_change" ON "one_time_code";
DROP TRIGGER "bridge_change" ON "stripe_customer";
DROP TRIGGER "bridge_delete" ON "app_user";
DROP FUNCTION "bridge_message"();
DROP FUNCTION "bridge_message_before"();
DROP FUNCTION "bridge_reply_item"("message");
DROP FUNCTION "bridge_claim"();
DROP FUNCTION "bridge_stripe_event"();
DROP FUNCTION "bridge_code"();
DROP FUNCTION "bridge_code_before"();
DROP FUNCTION "bridge_customer"();
DROP FUNCTION "bridge_account"();

DROP INDEX "message_running";
DROP INDEX "message_unfinished";
DROP INDEX "message_ring";
DROP INDEX "stripe_event_unfinished";
DROP INDEX "one_time_code_undelivered";
DROP INDEX "stripe_customer_sweep_at_idx";

UPDATE "message" SET "status" = 'queued' WHERE "status" = 'in_progress';
ALTER TABLE "message" VALIDATE CONSTRAINT "message_reply_has_prompt";
ALTER TABLE "message" VALIDATE CONSTRAINT "message_final_has_completed_at";
ALTER TABLE "message" DROP COLUMN "lease_until", DROP COLUMN "available_at", DROP COLUMN "ring_at",
    DROP COLUMN "lost_claims", DROP COLUMN "request_id";
ALTER TABLE "stripe_event" DROP COLUMN "ring_at", DROP COLUMN "last_error", DROP COLUMN "request_id";
ALTER TABLE "one_time_code" DROP COLUMN "ring_at", DROP COLUMN "delivery_attempts", DROP COLUMN "request_id";
ALTER TABLE "stripe_customer" DROP COLUMN "sweep_at";
