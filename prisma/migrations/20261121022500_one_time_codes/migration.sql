-- AlterTable
ALTER TABLE "app_user" ADD COLUMN     "unverified_email" TEXT,
ADD COLUMN     "unverified_mobile" TEXT;

-- CreateTable
CREATE TABLE "one_time_code" (
    "identity" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "id" UUID NOT NULL,
    "user_id" UUID,
    "code_hash" TEXT,
    "sealed_code" TEXT,
    "sent_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "delivery_attempts" INTEGER NOT NULL DEFAULT 0,
    "ring_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "request_id" TEXT,

    CONSTRAINT "one_time_code_pkey" PRIMARY KEY ("identity","purpose")
);

-- CreateTable
CREATE TABLE "code_guard" (
    "identity" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "resets_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "last_sent_at" TIMESTAMPTZ(3),

    CONSTRAINT "code_guard_pkey" PRIMARY KEY ("identity")
);

-- CreateIndex
CREATE UNIQUE INDEX "one_time_code_id_key" ON "one_time_code"("id");

-- CreateIndex
CREATE INDEX "one_time_code_user_id_idx" ON "one_time_code"("user_id");

-- CreateIndex
CREATE INDEX "one_time_code_expires_at_idx" ON "one_time_code"("expires_at");

-- CreateIndex
CREATE INDEX "code_guard_resets_at_idx" ON "code_guard"("resets_at");

-- AddForeignKey
ALTER TABLE "one_time_code" ADD CONSTRAINT "one_time_code_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- Codes that still have to be delivered.
CREATE INDEX "one_time_code_undelivered" ON "one_time_code" ("ring_at") WHERE "sealed_code" IS NOT NULL;
