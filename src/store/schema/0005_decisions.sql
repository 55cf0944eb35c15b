-- Decisions: questions that were put to people, each in a comment. What they cover and what became
-- of them stands here; what a job does with an answer stands in its history.

-- AUTOINCREMENT: a decision's number stands in threads, and is never given again.
CREATE TABLE decisions (
    id        INTEGER PRIMARY KEY AUTOINCREMENT, -- d7
    job       INTEGER NOT NULL REFERENCES jobs (id),
    question  INTEGER NOT NULL,            -- which of the job's questions it is
    kind      TEXT    NOT NULL,            -- JSON: what is asked
    repo      INTEGER NOT NULL,
    number    INTEGER NOT NULL,            -- the thread in which its comment stands
    pull      INTEGER,                     -- the pull request that it is about
    covers    TEXT    NOT NULL,            -- JSON: what a yes covers
    comment   TEXT    NOT NULL,            -- the key of its comment
    text      BLOB    NOT NULL CHECK (length(text) = 32), -- SHA-256 of that, as it was posted
    asked_at  INTEGER NOT NULL,
    state     TEXT    NOT NULL CHECK (state IN ('open', 'decided', 'void', 'expired')),
    closed_at INTEGER,
    decided_by TEXT,                       -- JSON: the account that answered
    answer    TEXT,                        -- JSON: what it said
    why       TEXT,                        -- JSON: why it is void
    CHECK ((state = 'open') = (closed_at IS NULL)),
    CHECK ((state = 'decided') = (decided_by IS NOT NULL AND answer IS NOT NULL)),
    CHECK ((state = 'void') = (why IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX decisions_of ON decisions (job, question);
CREATE INDEX decisions_in   ON decisions (repo, number, id);
CREATE INDEX decisions_pull ON decisions (repo, pull, id) WHERE pull IS NOT NULL;
CREATE INDEX decisions_open ON decisions (id) WHERE state = 'open';
