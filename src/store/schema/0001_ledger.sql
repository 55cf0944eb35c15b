-- timmy's memory. Rules for all tables:
--  * Times are microseconds since 1970, UTC.
--  * STRICT: a column holds what it says. JSON columns are written by one serializer, so they
--    are not checked again on each write.
--  * A row that waits has no `ended_at`. The indexes that look for work are partial over that:
--    they hold what waits and nothing else, and stay small however long the past is.
--  * Long columns come last: reading the others does not follow their overflow pages.
--  * A repository's number is its name here; names change.

-- Small facts, by key: the account that timmy is, high-water marks.
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL                    -- JSON
) STRICT, WITHOUT ROWID;

-- What repositories are called now, and whether everybody may read them.
CREATE TABLE repos (
    id      INTEGER PRIMARY KEY,           -- Gitea's
    name    TEXT    NOT NULL,              -- owner/name; not unique, a name can be given again
    private INTEGER NOT NULL CHECK (private IN (0, 1))
) STRICT;

-- Versions of texts heard, in the order of hearing. Finished ones stay: a redelivery must find
-- them, and an edit is judged by what stood before it.
CREATE TABLE inbox (
    seq          INTEGER PRIMARY KEY,
    subject_kind TEXT    NOT NULL CHECK (subject_kind IN ('comment', 'issue')),
    subject_id   INTEGER NOT NULL,         -- Gitea's global id
    updated_at   INTEGER NOT NULL,         -- by the forge's clock, whole seconds
    sha          BLOB    NOT NULL CHECK (length(sha) = 32), -- SHA-256 of the body: seconds are coarse
    act          TEXT    NOT NULL CHECK (act IN ('created', 'edited', 'opened')),
    repo         INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    received_at  INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,         -- not before
    tries        INTEGER NOT NULL DEFAULT 0, -- how often it was put off
    yields       INTEGER NOT NULL DEFAULT 0 CHECK (yields IN (0, 1)), -- later texts may overtake it
    claims       INTEGER NOT NULL DEFAULT 0, -- how often the claim was tried; 0: it is not ours yet
    ran          TEXT    NOT NULL DEFAULT '[]', -- JSON: the command lines that ran
    ending       TEXT,                     -- why it needs nothing more
    ended_at     INTEGER,
    heard        TEXT    NOT NULL,         -- JSON: the version, with its body
    CHECK ((ending IS NULL) = (ended_at IS NULL)),
    -- The webhook and the poll of one thing meet here; a creation may come behind an edit that
    -- left the same text. Also finds all versions of a subject. With the repository, so that a
    -- delivery that tells of it elsewhere does not stand in its way.
    UNIQUE (subject_kind, subject_id, repo, updated_at, sha, act)
) STRICT;
CREATE INDEX inbox_lane ON inbox (repo, number) WHERE ended_at IS NULL;

-- Deliveries that could not be read, kept for whoever mends the reader.
CREATE TABLE deliveries (
    seq         INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    event       TEXT    NOT NULL,
    headers     TEXT    NOT NULL,          -- JSON, without secrets
    problem     TEXT    NOT NULL,
    size        INTEGER NOT NULL,          -- bytes that came
    body        BLOB    NOT NULL           -- the first of them
) STRICT;

-- Effects: outward writes, each stored with its key before it is sent. Finished ones stay: the
-- key says for ever that this was done.
CREATE TABLE outbox (
    seq        INTEGER PRIMARY KEY,
    key        TEXT    NOT NULL UNIQUE,
    repo       INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- queued: to be sent. sending: the intent is stored, the outcome is not known yet, perhaps
    -- because of a crash. done: it is on the forge. dead: it never will be.
    state      TEXT    NOT NULL CHECK (state IN ('queued', 'sending', 'done', 'dead')),
    tries      INTEGER NOT NULL DEFAULT 0,
    due_at     INTEGER NOT NULL,           -- not before
    sent_at    INTEGER,                    -- intent of the last try: since then it may have landed
    reason     TEXT,                       -- why it was put off or is dead
    comment    INTEGER,                    -- Gitea's number of the comment that it became
    recheck_at INTEGER,                    -- look for a late duplicate
    ended_at   INTEGER,
    payload    TEXT    NOT NULL,           -- JSON, opaque here
    CHECK ((state IN ('queued', 'sending')) = (ended_at IS NULL)),
    CHECK (state <> 'sending' OR sent_at IS NOT NULL),
    CHECK (state <> 'dead' OR reason IS NOT NULL),
    CHECK (comment IS NULL OR state = 'done'),
    CHECK (recheck_at IS NULL OR state = 'done')
) STRICT;
CREATE INDEX outbox_lane    ON outbox (repo, number) WHERE ended_at IS NULL;
CREATE INDEX outbox_recheck ON outbox (recheck_at) WHERE recheck_at IS NOT NULL;
CREATE INDEX outbox_dead    ON outbox (ended_at) WHERE state = 'dead';

-- Lanes: the threads in which something waits, and when the first of it is due: the first
-- unfinished effect, else the first unfinished text, or one before it that yields (an edit
-- waiting for the creation that comes behind it). Kept by the triggers below and never written
-- otherwise, so that to look for work costs the same however much waits.
CREATE TABLE lanes (
    repo   INTEGER NOT NULL,
    number INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    PRIMARY KEY (repo, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX lanes_due ON lanes (due_at);

-- Inserting a thread here looks again at what waits in it.
CREATE VIEW moved_lanes AS SELECT repo, number FROM lanes;
CREATE TRIGGER lane_moved INSTEAD OF INSERT ON moved_lanes BEGIN
    DELETE FROM lanes WHERE repo = new.repo AND number = new.number;
    INSERT INTO lanes (repo, number, due_at)
    SELECT new.repo, new.number, head.due_at
    FROM (SELECT coalesce(
        (SELECT due_at FROM outbox
         WHERE ended_at IS NULL AND repo = new.repo AND number = new.number
         ORDER BY seq LIMIT 1),
        (SELECT min(due_at) FROM inbox
         WHERE ended_at IS NULL AND repo = new.repo AND number = new.number
           AND seq <= ifnull(
               (SELECT seq FROM inbox
                WHERE ended_at IS NULL AND repo = new.repo AND number = new.number
                  AND NOT yields
                ORDER BY seq LIMIT 1),
               0x7fffffffffffffff))
    ) AS due_at) AS head
    WHERE head.due_at IS NOT NULL;
END;

CREATE TRIGGER text_came AFTER INSERT ON inbox
BEGIN INSERT INTO moved_lanes VALUES (new.repo, new.number); END;
CREATE TRIGGER text_moved AFTER UPDATE OF due_at, yields, ended_at ON inbox
BEGIN INSERT INTO moved_lanes VALUES (new.repo, new.number); END;
CREATE TRIGGER effect_came AFTER INSERT ON outbox
BEGIN INSERT INTO moved_lanes VALUES (new.repo, new.number); END;
CREATE TRIGGER effect_moved AFTER UPDATE OF due_at, ended_at ON outbox
BEGIN INSERT INTO moved_lanes VALUES (new.repo, new.number); END;

-- What people said about a thread as a whole. No row: nothing.
CREATE TABLE threads (
    repo       INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    hold       TEXT,                       -- JSON: by whom, why, since when
    snooze     TEXT,                       -- JSON: by whom, until when
    refused_on TEXT,                       -- the day a stranger was last refused, 2026-12-01
    PRIMARY KEY (repo, number)
) STRICT, WITHOUT ROWID;

-- Things to do later, one of a kind per thread. AUTOINCREMENT: the number of an errand that was
-- replaced is not given again, so whoever acts on the old one notices.
CREATE TABLE errands (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    kind   TEXT    NOT NULL,
    repo   INTEGER NOT NULL,
    number INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    tries  INTEGER NOT NULL DEFAULT 0,
    errand TEXT    NOT NULL,               -- JSON: what is to be done
    UNIQUE (kind, repo, number)
) STRICT;
CREATE INDEX errands_due ON errands (due_at);

-- One row per command: who said what, and what came of it.
CREATE TABLE audit (
    seq          INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    subject_kind TEXT    NOT NULL CHECK (subject_kind IN ('comment', 'issue')),
    subject_id   INTEGER NOT NULL,
    repo         INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    actor        TEXT    NOT NULL,         -- login
    line         TEXT    NOT NULL,         -- as written
    verb         TEXT,                     -- none: the line was no command
    args         TEXT    NOT NULL,         -- JSON
    outcome      TEXT    NOT NULL,         -- a stable code
    answer       TEXT    NOT NULL,         -- its first sentence
    effect       TEXT                      -- the key of what has to come about for it to be true
) STRICT;
CREATE INDEX audit_effect ON audit (effect) WHERE effect IS NOT NULL;
CREATE INDEX audit_thread ON audit (repo, number);

-- What is wrong with the world, while it is: said once, and found by who looks for it.
CREATE TABLE troubles (
    key   TEXT    NOT NULL PRIMARY KEY,    -- what, and where
    text  TEXT    NOT NULL,                -- in a sentence, with what to do
    since INTEGER NOT NULL,
    last  INTEGER NOT NULL,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
