-- How many rooms an account has, and how many rows of rooms with those whose purge is not done; neither is counted beyond
-- in_limit. VOLATILE, so that it reads with a snapshot of its own: a statement that has waited for the account's row counts
-- what the transaction before it has committed.
CREATE FUNCTION "room_load"(in_owner UUID, in_limit INTEGER, OUT rooms INTEGER, OUT stored INTEGER)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    SELECT count(*) FILTER (WHERE r.deleted_at IS NULL), count(*) INTO rooms, stored
    FROM (SELECT c.deleted_at FROM chatroom c WHERE c.user_id = in_owner LIMIT in_limit) r;
END $$;
