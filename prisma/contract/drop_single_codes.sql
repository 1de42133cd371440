-- The contract half of add_otp_challenge: to become a migration of the next release, after drop_reply_leases, when no process of
-- the release before add_otp_challenge runs any more. Removes the bridge and the tables that only that release reads.

DROP TRIGGER "bridge_to_code" ON "otp_challenge";
DROP TRIGGER "bridge_change_to_code" ON "otp_challenge";
DROP TABLE "one_time_code";
DROP TABLE "code_guard";
DROP FUNCTION "bridge_to_challenge"();
DROP FUNCTION "bridge_to_code"();
