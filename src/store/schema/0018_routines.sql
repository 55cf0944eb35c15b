-- Routines: work without an issue, at dates of a calendar. A job of one has no thread but the pull
-- request that it brings.

-- What was a thread's number may be missing: both tables are made anew, in place.
CREATE TABLE new_jobs (
    id         INTEGER PRIMARY KEY AUTOINCREMENT, -- j42
    repo       INTEGER NOT NULL,
    number     INTEGER,                    -- the thread that it was given for; none for a routine's
    routine    TEXT,                       -- the routine whose job it is
    state      TEXT    NOT NULL CHECK (state IN (
        'queued', 'preflight', 'running', 'verifying', 'deciding', 'backing_off', 'waiting',
        'uncertain', 'done', 'no_change', 'cancelled', 'dead')),
    created_at INTEGER NOT NULL,
    due_at     INTEGER,                    -- when a deadline of its state is over
    ended_at   INTEGER,
    pull       INTEGER,                    -- the pull request that it brought last
    pull_open  INTEGER NOT NULL DEFAULT 0 CHECK (pull_open IN (0, 1)), -- once it is done: that may still be merged
    settled    INTEGER NOT NULL DEFAULT 1 CHECK (settled IN (0, 1)), -- once it ended: nobody gave a reason for another
    steps      INTEGER NOT NULL DEFAULT 0, -- how long its history is
    card       TEXT,                       -- the key of the comment that shows it
    card_at    INTEGER,                    -- when that was written last
    card_says  TEXT,                       -- what it says since then
    card_edit  TEXT,                       -- the key of the edit that made it say so
    waits_for  TEXT,                       -- why it got no agent the last time, in words
    first      TEXT    NOT NULL,           -- JSON: as it was made
    job        TEXT    NOT NULL,           -- JSON: as its history made it
    merged_into TEXT,                      -- the branch, once that was asked
    automatic_at INTEGER,                  -- when it was begun without anybody asking for it
    is_review  INTEGER NOT NULL DEFAULT 0 CHECK (is_review IN (0, 1)),
    CHECK ((number IS NULL) = (routine IS NOT NULL)),
    CHECK ((state IN ('done', 'no_change', 'cancelled', 'dead')) = (ended_at IS NOT NULL)),
    CHECK (ended_at IS NULL OR due_at IS NULL)
) STRICT;
INSERT INTO new_jobs (id, repo, number, state, created_at, due_at, ended_at, pull, pull_open, settled,
                      steps, card, card_at, card_says, card_edit, waits_for, first, job, merged_into,
                      automatic_at, is_review)
SELECT id, repo, number, state, created_at, due_at, ended_at, pull, pull_open, settled,
       steps, card, card_at, card_says, card_edit, waits_for, first, job, merged_into,
       automatic_at, is_review
FROM jobs;
-- No number is given again, not even one that was only counted over.
DELETE FROM sqlite_sequence WHERE name = 'new_jobs';
INSERT INTO sqlite_sequence (name, seq) SELECT 'new_jobs', seq FROM sqlite_sequence WHERE name = 'jobs';
DROP TABLE jobs;
ALTER TABLE new_jobs RENAME TO jobs;
CREATE UNIQUE INDEX jobs_live ON jobs (repo, number, is_review) WHERE ended_at IS NULL;
CREATE INDEX jobs_of  ON jobs (repo, number, is_review, id);
CREATE INDEX jobs_pull ON jobs (repo, pull, id) WHERE pull IS NOT NULL;
CREATE INDEX jobs_delivered ON jobs (repo, pull, id, steps) WHERE pull_open = 1;
CREATE INDEX jobs_due ON jobs (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX jobs_automatic ON jobs (automatic_at) WHERE automatic_at IS NOT NULL;
-- One job of a routine at a time.
CREATE UNIQUE INDEX jobs_live_routine ON jobs (routine) WHERE routine IS NOT NULL AND ended_at IS NULL;
CREATE INDEX jobs_of_routine ON jobs (routine, id) WHERE routine IS NOT NULL;

CREATE TABLE new_attempts (
    fence      INTEGER PRIMARY KEY AUTOINCREMENT,
    job        INTEGER NOT NULL REFERENCES jobs (id),
    repo       INTEGER NOT NULL,
    number     INTEGER,                    -- the thread that its job was given for; none for a routine's
    agent      TEXT    NOT NULL,
    branch     INTEGER NOT NULL,           -- which of the job's
    key        TEXT    NOT NULL UNIQUE,    -- how it is called outside
    leased_at  INTEGER NOT NULL,
    started_at INTEGER,                    -- since then it may run
    request    TEXT,                       -- what starts it, word for word: stored before it is sent
    base_branch TEXT,                      -- where its work is to be merged
    base       TEXT,                       -- the commit that it begins at
    run        TEXT,                       -- JSON: how its agent finds it again
    doing      TEXT,                       -- what it does, in its agent's words
    seen_at    INTEGER,                    -- its last sign of life
    said       TEXT,                       -- its agent's last words
    findings   TEXT,                       -- JSON: what was found of what it brought
    ended_at   INTEGER,
    ending     TEXT,                       -- JSON
    runs       INTEGER NOT NULL,           -- what it costs; until it has ended, what it may:
    micro_usd  INTEGER NOT NULL,
    tokens     INTEGER NOT NULL,
    is_bound   INTEGER NOT NULL CHECK (is_bound IN (0, 1)), -- that is what it may have cost
    left       INTEGER CHECK (left IN (0, 1)), -- whether it left something on the forge, once that is known
    asks       TEXT,                       -- what it asked for last, in its own words
    pool       TEXT,                       -- which quota it uses; none for its agent's own
    CHECK ((ended_at IS NULL) = (ending IS NULL)),
    CHECK (left IS NULL OR ended_at IS NOT NULL)
) STRICT;
INSERT INTO new_attempts (fence, job, repo, number, agent, branch, key, leased_at, started_at, request,
                          base_branch, base, run, doing, seen_at, said, findings, ended_at, ending,
                          runs, micro_usd, tokens, is_bound, left, asks, pool)
SELECT fence, job, repo, number, agent, branch, key, leased_at, started_at, request,
       base_branch, base, run, doing, seen_at, said, findings, ended_at, ending,
       runs, micro_usd, tokens, is_bound, left, asks, pool
FROM attempts;
DELETE FROM sqlite_sequence WHERE name = 'new_attempts';
INSERT INTO sqlite_sequence (name, seq)
SELECT 'new_attempts', seq FROM sqlite_sequence WHERE name = 'attempts';
DROP TABLE attempts;
ALTER TABLE new_attempts RENAME TO attempts;
CREATE INDEX attempts_of    ON attempts (repo, number);
CREATE INDEX attempts_judged ON attempts (agent, ended_at, fence) WHERE left IS NOT NULL;
CREATE INDEX attempts_ended ON attempts (ended_at);
CREATE INDEX attempts_latest ON attempts (agent, leased_at);
CREATE INDEX attempts_of_job ON attempts (job, fence, agent);

-- What each routine of the configuration has come to.
CREATE TABLE routines (
    name       TEXT    NOT NULL PRIMARY KEY,
    calendar   TEXT    NOT NULL,           -- by which its dates are counted, as it is told
    settled_at INTEGER NOT NULL,           -- no date up to this moment is due any more
    job        INTEGER REFERENCES jobs (id), -- the one that was made last
    passed_at  INTEGER                     -- a date that made none, since what came before was not dealt with
) STRICT, WITHOUT ROWID;
