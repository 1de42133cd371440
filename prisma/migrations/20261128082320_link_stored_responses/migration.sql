-- What a stored response is about: it is purged with it.
ALTER TABLE "idempotency_key" ADD COLUMN "subject_id" UUID;
