-- The backlog: what is open on the forge.

-- Whose backlog is kept. Without `since` it was never read in full, so that what is missing may
-- be open all the same. One that is due is to be read in full, for the first time or again.
CREATE TABLE stock (
    repo  INTEGER PRIMARY KEY REFERENCES repos (id),
    since INTEGER,                         -- by the forge's clock: what was open then or later is known
    due   INTEGER NOT NULL DEFAULT 1 CHECK (due IN (0, 1))
) STRICT;
CREATE INDEX stock_due ON stock (repo) WHERE due;

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
    ask_bonds  INTEGER NOT NULL CHECK (ask_bonds IN (0, 1)), -- what it waits for is to be asked again
    bonds_at   INTEGER,                    -- when that was asked last, by timmy's clock
    text       BLOB    NOT NULL CHECK (length(text) = 32), -- SHA-256 of title and body
    author     TEXT,                       -- JSON: an account
    labels     TEXT    NOT NULL,           -- JSON: names
    assignees  TEXT    NOT NULL,           -- JSON: accounts
    milestone  TEXT,                       -- JSON
    closes     TEXT    NOT NULL,           -- the issues that it closes: #12 o/r#12
    title      TEXT    NOT NULL,
    PRIMARY KEY (repo, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX backlog_ask_bonds ON backlog (repo, number) WHERE ask_bonds;

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
CREATE TABLE bonds (
    repo      INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    on_repo   INTEGER NOT NULL,
    on_number INTEGER NOT NULL,
    open      INTEGER NOT NULL CHECK (open IN (0, 1)), -- whether the other one was open
    PRIMARY KEY (repo, number, on_repo, on_number)
) STRICT, WITHOUT ROWID;

-- Who was heard in a thread, and when last, by the forge's clock.
CREATE TABLE voices (
    repo    INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    account INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (repo, number, account)
) STRICT, WITHOUT ROWID;

-- Only people count: why a text needs nothing more tells who they are.
CREATE TRIGGER voice_heard AFTER UPDATE OF ending ON inbox
WHEN new.act <> 'edited' AND new.ending IN
    ('answered', 'silent', 'no_trigger', 'claimed_elsewhere', 'refused_by_forge', 'bug', 'doubted')
    AND new.heard ->> '$.author.id' IS NOT NULL
BEGIN
    INSERT INTO voices (repo, number, account, last_at)
    VALUES (new.repo, new.number, new.heard ->> '$.author.id', new.heard ->> '$.created_at')
    ON CONFLICT (repo, number, account)
    DO UPDATE SET last_at = max(last_at, excluded.last_at);
END;

-- What is not watched any more leaves, and all that hangs on it.
CREATE TRIGGER unwatched AFTER DELETE ON watched
BEGIN DELETE FROM stock WHERE repo = old.repo; END;
CREATE TRIGGER stock_left AFTER DELETE ON stock BEGIN
    DELETE FROM backlog WHERE repo = old.repo;
    DELETE FROM closed WHERE repo = old.repo;
    DELETE FROM voices WHERE repo = old.repo;
END;
CREATE TRIGGER backlog_left AFTER DELETE ON backlog
BEGIN DELETE FROM bonds WHERE repo = old.repo AND number = old.number; END;

-- How often anything moved on which a place in the backlog depends.
CREATE TABLE backlog_moves (count INTEGER NOT NULL) STRICT;
INSERT INTO backlog_moves VALUES (0);

CREATE TRIGGER entry_came AFTER INSERT ON backlog
BEGIN UPDATE backlog_moves SET count = count + 1; END;
CREATE TRIGGER entry_left AFTER DELETE ON backlog
BEGIN UPDATE backlog_moves SET count = count + 1; END;
CREATE TRIGGER entry_moved AFTER UPDATE ON backlog
WHEN (old.opened_at, old.due_at, old.pinned, old.readiness, old.text, old.author, old.labels,
      old.assignees, old.milestone, old.closes)
    IS NOT (new.opened_at, new.due_at, new.pinned, new.readiness, new.text, new.author, new.labels,
      new.assignees, new.milestone, new.closes)
BEGIN UPDATE backlog_moves SET count = count + 1; END;
CREATE TRIGGER bond_came AFTER INSERT ON bonds
BEGIN UPDATE backlog_moves SET count = count + 1; END;
CREATE TRIGGER bond_left AFTER DELETE ON bonds
BEGIN UPDATE backlog_moves SET count = count + 1; END;
CREATE TRIGGER stocked AFTER UPDATE ON stock
BEGIN UPDATE backlog_moves SET count = count + 1; END;
CREATE TRIGGER voice_came AFTER INSERT ON voices
BEGIN UPDATE backlog_moves SET count = count + 1; END;
CREATE TRIGGER voice_again AFTER UPDATE ON voices
BEGIN UPDATE backlog_moves SET count = count + 1; END;
CREATE TRIGGER thread_came AFTER INSERT ON threads
BEGIN UPDATE backlog_moves SET count = count + 1; END;
CREATE TRIGGER pause_came AFTER INSERT ON pauses
BEGIN UPDATE backlog_moves SET count = count + 1; END;
CREATE TRIGGER pause_left AFTER DELETE ON pauses
BEGIN UPDATE backlog_moves SET count = count + 1; END;
CREATE TRIGGER repo_renamed AFTER UPDATE ON repos
BEGIN UPDATE backlog_moves SET count = count + 1; END;
