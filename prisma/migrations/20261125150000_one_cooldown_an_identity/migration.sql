-- The cooldown is the identity's, whatever the code is for: `code_guard`.`last_sent_at` tells it.
ALTER TABLE "one_time_code" DROP COLUMN "sent_at";
