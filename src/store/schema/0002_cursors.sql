-- How far the forge was read. All times here are of its own clock.

-- Whose threads were searched, and until when it is known which of them moved.
CREATE TABLE searched (
    owner TEXT    NOT NULL PRIMARY KEY,    -- a user or an organisation, in lower case
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The repositories that are watched, and until when what was said there is heard.
CREATE TABLE watched (
    repo    INTEGER PRIMARY KEY REFERENCES repos (id),
    since   INTEGER NOT NULL,              -- seen first: what is older is never heard
    read_to INTEGER NOT NULL,              -- comments written or edited before are heard
    moved   INTEGER NOT NULL DEFAULT 0 CHECK (moved IN (0, 1)) -- there is something to read
) STRICT;
CREATE INDEX watched_moved ON watched (repo) WHERE moved;

-- Reviews as they were last read. One that looks the same needs no second look.
CREATE TABLE reviews (
    id         INTEGER PRIMARY KEY,        -- Gitea's
    updated_at INTEGER NOT NULL,
    comments   INTEGER NOT NULL            -- on lines; a reply is one more
) STRICT;
