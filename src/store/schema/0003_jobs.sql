-- Jobs: one thread given to one agent for one purpose. What may become of one is decided by the
-- reducer; here stands what it decided, and the history that it can be decided again from.

-- AUTOINCREMENT: a job's number stands in branches and threads, and is never given again.
CREATE TABLE jobs (
    id         INTEGER PRIMARY KEY AUTOINCREMENT, -- j42
    repo       INTEGER NOT NULL,
    number     INTEGER NOT NULL,
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
    CHECK ((state IN ('done', 'no_change', 'cancelled', 'dead')) = (ended_at IS NOT NULL)),
    CHECK (ended_at IS NULL OR due_at IS NULL)
) STRICT;
CREATE UNIQUE INDEX jobs_live ON jobs (repo, number) WHERE ended_at IS NULL;
CREATE INDEX jobs_of  ON jobs (repo, number, id);
CREATE INDEX jobs_pull ON jobs (repo, pull, id) WHERE pull IS NOT NULL;
CREATE INDEX jobs_delivered ON jobs (repo, pull, id, steps) WHERE pull_open = 1;
CREATE INDEX jobs_due ON jobs (due_at) WHERE due_at IS NOT NULL;

-- The history of each job. Folded again it gives the job.
CREATE TABLE job_events (
    job     INTEGER NOT NULL REFERENCES jobs (id),
    seq     INTEGER NOT NULL,              -- from 1 on
    at      INTEGER NOT NULL,
    chance  INTEGER NOT NULL,              -- what spread its pauses
    key     TEXT,                          -- who told it: told again, it changes nothing
    step    TEXT    NOT NULL,              -- JSON
    actions TEXT    NOT NULL,              -- JSON: what it made a runner do
    PRIMARY KEY (job, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX job_events_key ON job_events (job, key) WHERE key IS NOT NULL;

-- Attempts, by fencing token. Ended ones stay: budgets and breakers count them. AUTOINCREMENT: a
-- token is greater than all that were ever given.
CREATE TABLE attempts (
    fence      INTEGER PRIMARY KEY AUTOINCREMENT,
    job        INTEGER NOT NULL REFERENCES jobs (id),
    repo       INTEGER NOT NULL,
    number     INTEGER NOT NULL,
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
    CHECK ((ended_at IS NULL) = (ending IS NULL)),
    CHECK (left IS NULL OR ended_at IS NOT NULL)
) STRICT;
CREATE INDEX attempts_of    ON attempts (repo, number);
CREATE INDEX attempts_judged ON attempts (agent, ended_at, fence) WHERE left IS NOT NULL;
CREATE INDEX attempts_ended ON attempts (ended_at);
CREATE INDEX attempts_latest ON attempts (agent, leased_at);

-- What attempts said and did, apart from them: few want to know, and it is long.
CREATE TABLE transcripts (
    fence      INTEGER PRIMARY KEY REFERENCES attempts (fence),
    kept_at    INTEGER NOT NULL,
    transcript TEXT    NOT NULL            -- JSON
) STRICT;

-- Who works on what right now. Made by the one transaction that checked that it may, gone with
-- the attempt.
CREATE TABLE leases (
    job   INTEGER PRIMARY KEY REFERENCES jobs (id),
    fence INTEGER NOT NULL UNIQUE,
    agent TEXT    NOT NULL,
    host  TEXT,                            -- of the agent: it bears the job whatever becomes of the configuration
    pool  TEXT,
    repo  INTEGER NOT NULL
) STRICT;

-- Agents whose attempts before this moment are held against them no longer: a person said so.
CREATE TABLE trusted_again (
    agent TEXT    PRIMARY KEY,
    at    INTEGER NOT NULL
) STRICT;
