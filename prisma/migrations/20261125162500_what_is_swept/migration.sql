-- CreateIndex
CREATE INDEX "quota_usage_day_idx" ON "quota_usage"("day");

-- What the sweep looks for, which the schema's language cannot say.
CREATE INDEX "app_user_unverified" ON "app_user" ("created_at") WHERE "verified_at" IS NULL;
