-- AlterTable
ALTER TABLE "stripe_event" DROP COLUMN "payload";
