-- Refunds of a day are counted and limited. A release that does not count them leaves the defaults, which allow what an
-- unlimited plan allows; the next charge of the day sets the limit of its plan.
ALTER TABLE "quota_usage"
    ADD COLUMN "refunded" INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN "refund_limit" INTEGER NOT NULL DEFAULT 50;
ALTER TABLE "quota_usage" ADD CONSTRAINT "quota_usage_refunded" CHECK ("refunded" >= 0 AND "refund_limit" >= 0) NOT VALID;
ALTER TABLE "quota_usage" VALIDATE CONSTRAINT "quota_usage_refunded";

ALTER TABLE "quota_carry_over" ADD COLUMN "refunded" INTEGER NOT NULL DEFAULT 0;

-- Whether an attempt that failed had produced something that its owner pays for.
ALTER TABLE "work_item" ADD COLUMN "produced" BOOLEAN NOT NULL DEFAULT false;
