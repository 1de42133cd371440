-- What a sign-up named beside the identity that was proven is not kept any more; the release before still reads these columns.
ALTER TABLE "app_user" DROP COLUMN "unverified_email", DROP COLUMN "unverified_mobile";
