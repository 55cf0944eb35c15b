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

-- A text that comes behind others changes nothing in its lane if that is due no later: then its
-- effects go first, or the texts that were heard before.
CREATE TRIGGER text_came AFTER INSERT ON inbox
WHEN NOT EXISTS (SELECT 1 FROM lanes
                 WHERE repo = new.repo AND number = new.number AND due_at <= new.due_at)
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

-- Things to do later, one of a kind per thread. AUTOINCREMENT: the number of a task that was
-- replaced is not given again, so whoever acts on the old one notices.
CREATE TABLE tasks (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    kind   TEXT    NOT NULL,
    repo   INTEGER NOT NULL,
    number INTEGER NOT NULL,
    people_wait INTEGER NOT NULL,          -- whether somebody may wait for it who just said something
    due_at INTEGER NOT NULL,
    tries  INTEGER NOT NULL DEFAULT 0,
    task   TEXT    NOT NULL,               -- JSON: what is to be done
    UNIQUE (kind, repo, number)
) STRICT;
CREATE INDEX tasks_due ON tasks (people_wait, due_at);
CREATE INDEX tasks_next ON tasks (due_at);

-- One row per command: who said what, and what came of it.
CREATE TABLE audit (
    seq          INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    subject_kind TEXT    NOT NULL CHECK (subject_kind IN ('comment', 'issue')),
    subject_id   INTEGER NOT NULL,
    repo         INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    actor        TEXT    NOT NULL,         -- login
    line         TEXT    NOT NULL,         -- as written; empty once it was deleted on the forge
    verb         TEXT,                     -- none: the line was no command
    args         TEXT    NOT NULL,         -- JSON
    outcome      TEXT    NOT NULL,         -- a stable code
    answer       TEXT    NOT NULL,         -- its first sentence
    effect       TEXT                      -- the key of what has to come about for it to be true
) STRICT;
CREATE INDEX audit_effect ON audit (effect) WHERE effect IS NOT NULL;
CREATE INDEX audit_thread ON audit (repo, number);

-- What is wrong with the world, while it is: said once, and found by who looks for it.
CREATE TABLE incidents (
    incident TEXT    NOT NULL PRIMARY KEY, -- what, and where, as JSON
    place    TEXT,                         -- what that is called
    text     TEXT    NOT NULL,             -- in a sentence, with what to do
    since    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    count    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

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

-- Whose words they are.

-- Which account stood behind a name of the configuration when it was first seen. Names that the
-- configuration does not hold any more are forgotten at the start.
CREATE TABLE accounts (
    name  TEXT    NOT NULL PRIMARY KEY,    -- as the configuration writes it, in lower case
    id    INTEGER NOT NULL,                -- Gitea's number, which stays
    login TEXT    NOT NULL                 -- what the account was called when it was last seen
) STRICT, WITHOUT ROWID;

-- The backlog: what is open on the forge.

-- Whose backlog is kept. Without `since` it was never read in full, so that what is missing may
-- be open all the same. One that is due is to be read in full, for the first time or again.
CREATE TABLE tracked_repos (
    repo  INTEGER PRIMARY KEY REFERENCES watched (repo),
    since INTEGER,                         -- by the forge's clock: what was open then or later is known
    due   INTEGER NOT NULL DEFAULT 1 CHECK (due IN (0, 1))
) STRICT;
CREATE INDEX tracked_due ON tracked_repos (repo) WHERE due;

-- Open issues and pull requests.
CREATE TABLE backlog (
    repo       INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    is_pull    INTEGER NOT NULL CHECK (is_pull IN (0, 1)),
    created_at INTEGER NOT NULL,
    opened_at  INTEGER NOT NULL,           -- or reopened last
    updated_at INTEGER NOT NULL,           -- by the forge's clock, whole seconds
    seen_at    INTEGER NOT NULL,           -- what is told of a moment before is old
    due_at     INTEGER,
    pinned     INTEGER NOT NULL CHECK (pinned IN (0, 1)),
    readiness  INTEGER NOT NULL CHECK (readiness BETWEEN 0 AND 7), -- scope 1, acceptance 2, checklist 4
    ask_dependencies  INTEGER NOT NULL CHECK (ask_dependencies IN (0, 1)), -- what it waits for is to be asked again
    dependencies_at   INTEGER,                    -- when that was asked last, by timmy's clock
    text       BLOB    NOT NULL CHECK (length(text) = 32), -- SHA-256 of title and body
    author     TEXT,                       -- JSON: an account
    labels     TEXT    NOT NULL,           -- JSON: names
    assignees  TEXT    NOT NULL,           -- JSON: accounts
    milestone  TEXT,                       -- JSON
    closes     TEXT    NOT NULL,           -- the issues that it closes: #12 o/r#12
    title      TEXT    NOT NULL,
    PRIMARY KEY (repo, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX backlog_ask_dependencies ON backlog (repo, number) WHERE ask_dependencies;

-- Threads that were open, or moved, and are closed or gone: an old state must not bring them
-- back, and when they come back they were reopened.
CREATE TABLE closed (
    repo       INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    PRIMARY KEY (repo, number)
) STRICT, WITHOUT ROWID;

-- What waits for what, as it was last asked.
CREATE TABLE dependencies (
    repo      INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    on_repo   INTEGER NOT NULL,
    on_number INTEGER NOT NULL,
    open      INTEGER NOT NULL CHECK (open IN (0, 1)), -- whether the other one was open
    PRIMARY KEY (repo, number, on_repo, on_number)
) STRICT, WITHOUT ROWID;

-- Who was heard in a thread, and when last, by the forge's clock.
CREATE TABLE participants (
    repo    INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    account INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (repo, number, account)
) STRICT, WITHOUT ROWID;

-- What is not kept any more leaves, and all that hangs on it.
CREATE TRIGGER tracked_left AFTER DELETE ON tracked_repos BEGIN
    DELETE FROM backlog WHERE repo = old.repo;
    DELETE FROM closed WHERE repo = old.repo;
    DELETE FROM participants WHERE repo = old.repo;
END;
CREATE TRIGGER backlog_left AFTER DELETE ON backlog
BEGIN DELETE FROM dependencies WHERE repo = old.repo AND number = old.number; END;

-- How often anything moved on which a place in the backlog depends. What does is decided where it
-- is stored.
CREATE TABLE backlog_moves (count INTEGER NOT NULL) STRICT;
INSERT INTO backlog_moves VALUES (0);

-- Who was to get what: the latest ticks in which that changed, with all that they were decided
-- from, so that each can be decided again.

CREATE TABLE ticks (
    tick    INTEGER PRIMARY KEY,           -- grows by one
    setting TEXT    NOT NULL               -- JSON: moment, rules, pauses, agents, limits, load
) STRICT;

-- What was decided about each issue, in the order of the decision.
CREATE TABLE matches (
    tick   INTEGER NOT NULL REFERENCES ticks,
    place  INTEGER NOT NULL,
    repo   INTEGER NOT NULL,
    number INTEGER NOT NULL,
    record TEXT    NOT NULL,               -- JSON
    PRIMARY KEY (tick, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX matches_of ON matches (repo, number, tick);

-- What was known of an issue from one tick until (without) another. Facts that stay the same are
-- kept once for all ticks.
CREATE TABLE tick_facts (
    repo   INTEGER NOT NULL,
    number INTEGER NOT NULL,
    since  INTEGER NOT NULL,
    until  INTEGER,                        -- none: they are those of the latest tick
    facts  TEXT    NOT NULL,               -- JSON
    PRIMARY KEY (repo, number, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX tick_facts_past ON tick_facts (until) WHERE until IS NOT NULL;

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
