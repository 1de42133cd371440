-- Each exchanged refresh token has its own grace, not only the last one.
ALTER TABLE "session" ADD COLUMN "spent" JSONB NOT NULL DEFAULT '{}';
UPDATE "session" SET "spent" = jsonb_build_object("previous_hash", extract(epoch FROM "rotated_at"))
WHERE "previous_hash" IS NOT NULL;
ALTER TABLE "session" DROP COLUMN "previous_hash", DROP COLUMN "rotated_at";
