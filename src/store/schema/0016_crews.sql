-- Crews: several agents work one issue by a plan. What may become of one is decided by its reducer;
-- here stands what it decided, and the history that it can be decided again from.

CREATE TABLE crews (
    job      INTEGER PRIMARY KEY REFERENCES jobs (id), -- the one that plans
    repo     INTEGER NOT NULL,
    number   INTEGER NOT NULL,             -- the issue
    state    TEXT    NOT NULL CHECK (state IN (
        'planning', 'asking', 'working', 'done', 'cancelled', 'dead')),
    made_at  INTEGER NOT NULL,
    ended_at INTEGER,
    steps    INTEGER NOT NULL DEFAULT 0,   -- how long its history is
    first    TEXT    NOT NULL,             -- JSON: as it was made
    crew     TEXT    NOT NULL,             -- JSON: as its history made it
    CHECK ((state IN ('done', 'cancelled', 'dead')) = (ended_at IS NOT NULL))
) STRICT;
CREATE INDEX crews_of ON crews (repo, number, job);

-- The history of each crew. Folded again it gives the crew.
CREATE TABLE crew_events (
    crew  INTEGER NOT NULL REFERENCES crews (job),
    seq   INTEGER NOT NULL,                -- from 1 on
    at    INTEGER NOT NULL,
    event TEXT    NOT NULL,                -- JSON
    PRIMARY KEY (crew, seq)
) STRICT, WITHOUT ROWID;
