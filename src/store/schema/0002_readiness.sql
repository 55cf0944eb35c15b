-- Whose words an issue says, and whose pull requests keep it back.
--
-- In `backlog.readiness` 4 means from now on that a place is named. All texts are read again.

ALTER TABLE backlog ADD COLUMN is_draft INTEGER NOT NULL DEFAULT 0 CHECK (is_draft IN (0, 1));

-- The repositories in which issues were seen that may be templates, with the templates for issues
-- that were found there.
CREATE TABLE issue_templates (
    repo      INTEGER PRIMARY KEY,
    read_at   INTEGER,                     -- by timmy's clock; none: to be read
    templates TEXT    NOT NULL DEFAULT '[]' -- JSON
) STRICT;

-- Who may write where, as far as the forge shows it of somebody else's account.
CREATE TABLE writers (
    repo    INTEGER PRIMARY KEY,
    read_at INTEGER NOT NULL,              -- by timmy's clock
    ids     TEXT    NOT NULL               -- JSON: numbers of accounts, in order
) STRICT;

CREATE TRIGGER tracked_left_for_good AFTER DELETE ON tracked_repos BEGIN
    DELETE FROM issue_templates WHERE repo = old.repo;
    DELETE FROM writers WHERE repo = old.repo;
END;
