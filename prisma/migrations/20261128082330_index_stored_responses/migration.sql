-- no-transaction
-- The stored responses about a room, for its purge. One without a body is purged already.
CREATE INDEX CONCURRENTLY "idempotency_key_subject" ON "idempotency_key" ("subject_id") WHERE "body" IS NOT NULL AND "subject_id" IS NOT NULL;
