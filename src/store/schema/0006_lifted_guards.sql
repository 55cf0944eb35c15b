-- Guards that were lifted: one guard, of one commit, by one person. A verdict of that commit is
-- made without it.
CREATE TABLE lifted_guards (
    repo      INTEGER NOT NULL,
    head      TEXT    NOT NULL,            -- the commit
    guard     TEXT    NOT NULL,
    job       INTEGER NOT NULL REFERENCES jobs (id),
    lifted_by TEXT    NOT NULL,            -- JSON: the account that said so
    reason    TEXT    NOT NULL,
    lifted_at INTEGER NOT NULL,
    PRIMARY KEY (repo, head, guard)
) STRICT;
