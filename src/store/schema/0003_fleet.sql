-- What the owner said about the fleet as a whole.

-- Parts in which nothing new starts. No row: it runs.
CREATE TABLE pauses (
    part    TEXT    NOT NULL PRIMARY KEY,  -- JSON: all, a repository's number, or an agent's name
    said_by TEXT    NOT NULL,              -- JSON: the account that said so
    since   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who may approve in the owner's place. Past ones do not count; a new one replaces them.
CREATE TABLE delegations (
    account INTEGER PRIMARY KEY,           -- Gitea's number: names can be given again
    login   TEXT    NOT NULL,              -- its name when it was said
    said_by TEXT    NOT NULL,              -- JSON: the account that said so
    until   INTEGER NOT NULL
) STRICT;

-- For the report: what was said since a moment.
CREATE INDEX audit_at ON audit (at);
