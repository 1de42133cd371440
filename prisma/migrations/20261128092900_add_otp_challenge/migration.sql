-- Several codes of an identity are valid at once, each under a challenge of its own; what limits sends and guesses is a log of
-- them. The release before keeps one_time_code and code_guard: the section "Bridge" keeps codes of either release known to both.

CREATE TABLE "otp_challenge" (
    "id" UUID NOT NULL,
    "identity" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "user_id" UUID,
    "origin" TEXT NOT NULL,
    "code_hash" TEXT,
    "sealed_code" TEXT,
    "guesses" INTEGER NOT NULL DEFAULT 0,
    "sent_at" TIMESTAMPTZ(6) NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "otp_challenge_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "otp_challenge_identity_purpose_expires_at_idx" ON "otp_challenge" ("identity", "purpose", "expires_at");
CREATE INDEX "otp_challenge_user_id_idx" ON "otp_challenge" ("user_id");
CREATE INDEX "otp_challenge_expires_at_idx" ON "otp_challenge" ("expires_at");

CREATE TABLE "otp_log" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "action" TEXT NOT NULL,
    "identity_hash" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "account_hash" TEXT,
    "at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "otp_log_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "otp_log_identity_hash_at_idx" ON "otp_log" ("identity_hash", "at");
CREATE INDEX "otp_log_account_hash_at_idx" ON "otp_log" ("account_hash", "at");
CREATE INDEX "otp_log_at_idx" ON "otp_log" ("at");

CREATE TABLE "otp_budget" (
    "hour" TIMESTAMPTZ(6) NOT NULL,
    "sends" INTEGER NOT NULL,

    CONSTRAINT "otp_budget_pkey" PRIMARY KEY ("hour")
);

-- Decides whether a code may be sent, and logs it if so; retry_at is null then. VOLATILE, so that it reads with a snapshot of
-- its own after it has waited for the sends of the same account and identity: parallel requests cannot pass the limits.
CREATE FUNCTION "otp_admit_send"(
    in_key TEXT, in_identity TEXT, in_purpose TEXT, in_origin TEXT, in_account TEXT,
    in_cooldown INTEGER, in_per_hour INTEGER, in_per_day INTEGER, in_identities INTEGER,
    in_budget INTEGER, in_counted BOOLEAN, in_exempt BOOLEAN,
    OUT retry_at TIMESTAMPTZ, OUT exhausted BOOLEAN, OUT spent INTEGER, OUT moment TIMESTAMPTZ
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    this_hour TIMESTAMPTZ;
    valid INTEGER;
    first_end TIMESTAMPTZ;
    own UUID;
BEGIN
    exhausted := false;
    IF in_account IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(in_account, 7));
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(in_identity, 7));
    moment := clock_timestamp();
    -- At most three are valid at once. The fourth replaces the oldest one that the same address asked for: another address
    -- must not make a code unusable that somebody waits for.
    SELECT count(*), min(expires_at), (array_agg(id ORDER BY sent_at) FILTER (WHERE origin = in_origin))[1]
    INTO valid, first_end, own
    FROM otp_challenge
    WHERE identity = in_key AND purpose = in_purpose AND code_hash IS NOT NULL AND expires_at > moment;
    -- The moment at which each limit admits the next send: that of the n-th newest send, and the limit's time.
    SELECT max(until) INTO retry_at FROM (
        SELECT max(at) + make_interval(secs => in_cooldown) AS until FROM otp_log
        WHERE identity_hash = in_identity AND action = 'send' AND purpose = in_purpose AND origin = in_origin
        UNION ALL
        (SELECT at + interval '1 hour' FROM otp_log WHERE identity_hash = in_identity AND action = 'send'
         ORDER BY at DESC OFFSET in_per_hour - 1 LIMIT 1)
        UNION ALL
        (SELECT at + interval '1 day' FROM otp_log WHERE identity_hash = in_identity AND action = 'send'
         ORDER BY at DESC OFFSET in_per_day - 1 LIMIT 1)
        UNION ALL
        (SELECT max(at) + interval '1 day' FROM otp_log
         WHERE account_hash = in_account AND action = 'send' AND at > moment - interval '1 day'
         GROUP BY identity_hash HAVING NOT EXISTS (
             SELECT FROM otp_log o WHERE o.account_hash = in_account AND o.identity_hash = in_identity AND o.action = 'send'
               AND o.at > moment - interval '1 day')
         ORDER BY 1 DESC OFFSET in_identities - 1 LIMIT 1)
        UNION ALL
        SELECT first_end WHERE valid >= 3 AND own IS NULL
    ) AS limits;
    IF retry_at > moment THEN
        RETURN;
    END IF;
    retry_at := NULL;
    IF in_budget IS NOT NULL THEN
        this_hour := date_trunc('hour', moment, 'UTC');
        exhausted := NOT in_exempt AND EXISTS (SELECT FROM otp_budget WHERE hour = this_hour AND sends >= in_budget);
        IF in_counted AND NOT exhausted THEN
            INSERT INTO otp_budget AS b (hour, sends) VALUES (this_hour, 1)
            ON CONFLICT (hour) DO UPDATE SET sends = b.sends + 1 WHERE in_exempt OR b.sends < in_budget
            RETURNING b.sends INTO spent;
            exhausted := spent IS NULL;
        END IF;
        IF exhausted THEN
            retry_at := this_hour + interval '1 hour';
            RETURN;
        END IF;
    END IF;
    IF valid >= 3 THEN
        UPDATE otp_challenge SET code_hash = NULL, sealed_code = NULL WHERE id = own;
    END IF;
    INSERT INTO otp_log (action, identity_hash, purpose, origin, account_hash, at)
    VALUES ('send', in_identity, in_purpose, in_origin, in_account, moment);
END $$;

-- Decides whether a guess that names no challenge may be compared, and logs it if so; retry_at is null then. VOLATILE for the
-- same reason. The first look takes no lock, so that a flood of guesses is cheap.
CREATE FUNCTION "otp_admit_guess"(
    in_identity TEXT, in_purpose TEXT, in_origin TEXT, in_account TEXT,
    in_per_send INTEGER, in_per_hour INTEGER, in_minutes INTEGER, OUT retry_at TIMESTAMPTZ
) LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    moment TIMESTAMPTZ;
    since TIMESTAMPTZ;
BEGIN
    FOR look IN 1..2 LOOP
        IF look = 2 THEN
            PERFORM pg_advisory_xact_lock(hashtextextended(in_identity, 7));
        END IF;
        moment := clock_timestamp();
        SELECT greatest(max(at), moment - make_interval(mins => in_minutes)) INTO since
        FROM otp_log WHERE identity_hash = in_identity AND action = 'send';
        SELECT max(until) INTO retry_at FROM (
            (SELECT at + make_interval(mins => in_minutes) AS until FROM otp_log
             WHERE identity_hash = in_identity AND action = 'guess' AND at > since
               AND account_hash IS NOT DISTINCT FROM in_account AND (in_account IS NOT NULL OR origin = in_origin)
             ORDER BY at DESC OFFSET in_per_send - 1 LIMIT 1)
            UNION ALL
            (SELECT at + interval '1 hour' FROM otp_log
             WHERE identity_hash = in_identity AND action = 'guess' AND account_hash IS NULL AND in_account IS NULL
             ORDER BY at DESC OFFSET in_per_hour - 1 LIMIT 1)
        ) AS limits;
        IF retry_at > moment THEN
            RETURN;
        END IF;
    END LOOP;
    retry_at := NULL;
    INSERT INTO otp_log (action, identity_hash, purpose, origin, account_hash, at)
    VALUES ('guess', in_identity, in_purpose, in_origin, in_account, moment);
END $$;

-- Bridge ------------------------------------------------------------------------------------------------------------
-- A code of the release before is a challenge of this one, and the other way round: either release delivers, compares and
-- voids it. The foreign key goes, because a send would wait for an account that is being deleted, and that deletion for the send.
ALTER TABLE "one_time_code" DROP CONSTRAINT "one_time_code_user_id_fkey";

INSERT INTO otp_challenge (id, identity, purpose, user_id, origin, code_hash, sealed_code, sent_at, expires_at)
SELECT id, identity, purpose, user_id, '', code_hash, sealed_code, clock_timestamp(), expires_at
FROM one_time_code WHERE code_hash IS NOT NULL AND expires_at > clock_timestamp();

CREATE FUNCTION "bridge_to_challenge"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE otp_challenge SET code_hash = NULL, sealed_code = NULL WHERE id = OLD.id;
    ELSIF TG_OP = 'INSERT' OR NEW.id <> OLD.id THEN
        INSERT INTO otp_challenge (id, identity, purpose, user_id, origin, code_hash, sealed_code, sent_at, expires_at)
        VALUES (NEW.id, NEW.identity, NEW.purpose, NEW.user_id, '', NEW.code_hash, NEW.sealed_code, clock_timestamp(), NEW.expires_at)
        ON CONFLICT DO NOTHING;
    ELSE
        UPDATE otp_challenge SET code_hash = NEW.code_hash, sealed_code = NEW.sealed_code WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER "bridge_to_challenge" AFTER INSERT OR DELETE OR UPDATE OF "id", "code_hash", "sealed_code" ON "one_time_code"
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION bridge_to_challenge();

CREATE FUNCTION "bridge_to_code"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM one_time_code WHERE id = OLD.id;
        DELETE FROM code_guard WHERE identity = OLD.identity;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO one_time_code (identity, purpose, id, user_id, code_hash, sealed_code, expires_at)
        VALUES (NEW.identity, NEW.purpose, NEW.id, NEW.user_id, NEW.code_hash, NEW.sealed_code, NEW.expires_at)
        ON CONFLICT (identity, purpose) DO UPDATE SET id = excluded.id, user_id = excluded.user_id,
            code_hash = excluded.code_hash, sealed_code = excluded.sealed_code, expires_at = excluded.expires_at;
    ELSE
        UPDATE one_time_code SET code_hash = NEW.code_hash, sealed_code = NEW.sealed_code WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER "bridge_to_code" AFTER INSERT OR DELETE ON "otp_challenge"
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION bridge_to_code();
-- The fourth challenge voids another one inside a function, not inside a trigger: the depth is 0 there too.
CREATE TRIGGER "bridge_change_to_code" AFTER UPDATE OF "code_hash", "sealed_code" ON "otp_challenge" FOR EACH ROW
    WHEN (pg_trigger_depth() = 0 AND (OLD.code_hash, OLD.sealed_code) IS DISTINCT FROM (NEW.code_hash, NEW.sealed_code))
    EXECUTE FUNCTION bridge_to_code();
