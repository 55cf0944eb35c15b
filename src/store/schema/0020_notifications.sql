-- What metrics count, and what people are told elsewhere.

-- Metrics are read often: each of these holds all that one of them counts, and nothing else.
CREATE INDEX jobs_state ON jobs (state, ended_at);
CREATE INDEX inbox_answered ON inbox (ended_at, received_at) WHERE ending = 'answered';

-- Which round of repair an attempt is; 0 where it begins. Those of before count as such.
ALTER TABLE attempts ADD COLUMN repair INTEGER NOT NULL DEFAULT 0;
CREATE INDEX attempts_counted
    ON attempts (agent, ending, is_bound, started_at, ended_at, micro_usd, tokens, repair)
    WHERE ended_at IS NOT NULL;

-- Notifications, each about one thing, which is told once. A row stays as long as the thing could
-- be found again.
CREATE TABLE notifications (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT, -- it is told outside, and never given again
    kind     TEXT    NOT NULL CHECK (kind IN ('decision', 'dead_letter', 'incident')),
    about    TEXT    NOT NULL,             -- what it is about: d7, the death of a job, an incident
    found_at INTEGER NOT NULL,
    due_at   INTEGER NOT NULL,             -- not before
    tries    INTEGER NOT NULL DEFAULT 0,
    sent_at  INTEGER,                      -- intent of the last try: since then it may have arrived
    ended_at INTEGER,
    ending   TEXT CHECK (ending IN ('told', 'given_up')),
    gone_at  INTEGER,                      -- since when what it is about is not there any more
    subject  TEXT    NOT NULL,             -- JSON: the same, as links are made of it
    CHECK ((ended_at IS NULL) = (ending IS NULL)),
    UNIQUE (kind, about)
) STRICT;
CREATE INDEX notifications_due ON notifications (due_at) WHERE ended_at IS NULL;
