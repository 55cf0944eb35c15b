-- The report: the days that were told, one comment each. Where its issue stands is in meta.
CREATE TABLE reports (
    day    TEXT    NOT NULL PRIMARY KEY,   -- on the calendar of the configured zone: 2026-11-22
    since  INTEGER NOT NULL,               -- what happened then or later,
    until  INTEGER NOT NULL,               -- and before that, is told
    repo   INTEGER NOT NULL,               -- the issue
    number INTEGER NOT NULL,
    key    TEXT    NOT NULL,               -- the effect that posts the comment
    last   TEXT    NOT NULL,               -- the latest effect for it: while that waits, no other is begun
    begun  INTEGER NOT NULL DEFAULT 0,     -- how often it was begun before, in vain
    edits  INTEGER NOT NULL DEFAULT 0,
    -- open: kept up to date. closed: told to the end. deleted: by somebody, and not written again.
    -- void: it never came about, or was lost with its issue, and may be written once more.
    fate   TEXT    NOT NULL DEFAULT 'open' CHECK (fate IN ('open', 'closed', 'deleted', 'void')),
    called INTEGER NOT NULL DEFAULT 0 CHECK (called IN (0, 1)), -- the owner was
    told   INTEGER NOT NULL,               -- until when what happened is told
    gist   BLOB    CHECK (length(gist) = 32) -- SHA-256 of what it says; none: it says nothing yet
) STRICT, WITHOUT ROWID;
CREATE INDEX reports_open ON reports (day) WHERE fate = 'open';
