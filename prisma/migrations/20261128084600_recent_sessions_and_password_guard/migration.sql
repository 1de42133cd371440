-- When a session's owner last proved who he is; rows of before are not recent. The default counts for the release before.
ALTER TABLE "session" ADD COLUMN "authenticated_at" TIMESTAMPTZ(3);
ALTER TABLE "session" ALTER COLUMN "authenticated_at" SET DEFAULT CURRENT_TIMESTAMP;

-- Failed passwords.
CREATE TABLE "password_guard" (
    "subject" TEXT NOT NULL,
    "failures" INTEGER NOT NULL,
    "resets_at" TIMESTAMPTZ(3) NOT NULL,
    "next_at" TIMESTAMPTZ(3),

    CONSTRAINT "password_guard_pkey" PRIMARY KEY ("subject")
);
CREATE INDEX "password_guard_resets_at_idx" ON "password_guard"("resets_at");
