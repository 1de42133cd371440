-- An account with any number of rooms and sessions is deleted in one short transaction: its row goes at once, and a work item
-- `account-purge` removes what belonged to it in portions. So these rows outlive the account for a while.
ALTER TABLE "chatroom" DROP CONSTRAINT "chatroom_user_id_fkey";
ALTER TABLE "session" DROP CONSTRAINT "session_user_id_fkey";

-- Bridge: the release before deletes an account without ordering its purge, and relied on the foreign key for the replies that
-- are unfinished. The contract migration removes it.
CREATE FUNCTION "bridge_account"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM work_item WHERE kind = 'reply' AND owner_id = OLD.id;
    INSERT INTO work_item (kind, subject_id) VALUES ('account-purge', OLD.id::text) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER "bridge_delete" AFTER DELETE ON "app_user" FOR EACH ROW
    WHEN (OLD.verified_at IS NOT NULL) EXECUTE FUNCTION bridge_account();
