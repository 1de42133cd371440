-- Messages to an identity that carry no code. The release before neither writes nor reads them, and leaves their work alone.
CREATE TABLE "notice" (
    "id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "notice_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "notice_created_at_idx" ON "notice" ("created_at");
