-- AlterTable
ALTER TABLE "stripe_customer" ADD COLUMN     "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "sweep_at" TIMESTAMPTZ(3);

-- A body that is valid JSON need not fit jsonb: an escaped NUL does not.
ALTER TABLE "stripe_event" ALTER COLUMN "payload" SET DATA TYPE TEXT USING "payload"::text;

-- CreateIndex
CREATE INDEX "stripe_customer_sweep_at_idx" ON "stripe_customer"("sweep_at");
