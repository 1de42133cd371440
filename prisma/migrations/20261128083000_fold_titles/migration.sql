-- A text as it is searched: without differences of normal form, width and case. Cut, because one compatibility character may
-- become eighteen.
CREATE FUNCTION "fold_text"(in_text TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT left(replace(translate(lower(normalize(in_text, NFKC)), 'ς', 'σ'), 'ß', 'ss'), 600)
$$;

-- Folding costs more than searching, so it is done once, when a title is written, by whichever release. Rows that are there
-- keep NULL until their title changes, and are folded when they are searched.
ALTER TABLE "chatroom" ADD COLUMN "title_folded" TEXT;

CREATE FUNCTION "fold_title"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.title_folded := fold_text(NEW.title);
    RETURN NEW;
END $$;
CREATE TRIGGER "fold_new_title" BEFORE INSERT ON "chatroom" FOR EACH ROW EXECUTE FUNCTION fold_title();
CREATE TRIGGER "fold_changed_title" BEFORE UPDATE OF "title" ON "chatroom" FOR EACH ROW
    WHEN (NEW.title IS DISTINCT FROM OLD.title) EXECUTE FUNCTION fold_title();
