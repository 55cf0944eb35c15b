-- Whose words they are.

-- Which account stood behind a name of the configuration when it was first seen. Names that the
-- configuration does not hold any more are forgotten at the start.
CREATE TABLE accounts (
    name  TEXT    NOT NULL PRIMARY KEY,    -- as the configuration writes it, in lower case
    id    INTEGER NOT NULL,                -- Gitea's number, which stays
    login TEXT    NOT NULL                 -- what the account was called when it was last seen
) STRICT, WITHOUT ROWID;
