-- Reviews that agents give, as jobs and as what came of them.

-- A review writes nothing to a branch: it may live beside the job that works on its thread.
ALTER TABLE jobs ADD COLUMN is_review INTEGER NOT NULL DEFAULT 0 CHECK (is_review IN (0, 1));
UPDATE jobs SET is_review = CASE
    WHEN json_valid(first) THEN json_extract(first, '$.spec.purpose') IS 'review' ELSE 0 END;
DROP INDEX jobs_live;
DROP INDEX jobs_of;
CREATE INDEX jobs_of ON jobs (repo, number, is_review, id);
CREATE UNIQUE INDEX jobs_live ON jobs (repo, number, is_review) WHERE ended_at IS NULL;

-- What agents reviewed: one row for each review that was given, by the attempt that gave it.
CREATE TABLE agent_reviews (
    attempt   INTEGER PRIMARY KEY REFERENCES attempts (fence),
    job       INTEGER NOT NULL REFERENCES jobs (id),
    repo      INTEGER NOT NULL,
    pull      INTEGER NOT NULL,
    agent     TEXT    NOT NULL,
    given_at  INTEGER NOT NULL,
    head      TEXT    NOT NULL,            -- the commit that was reviewed
    opinion   TEXT    NOT NULL,            -- JSON
    findings  TEXT    NOT NULL,            -- JSON: path and line of each
    left_out  INTEGER NOT NULL,            -- how many more there were
    follow_up TEXT    NOT NULL,            -- JSON: what becomes of them
    final_head TEXT,                       -- the commit that the pull request ended with, once it ended
    counted_at INTEGER,                    -- when it was found out which findings led to a commit
    led       INTEGER,                     -- how many did; none if nobody can tell
    CHECK (led IS NULL OR counted_at IS NOT NULL)
) STRICT;
CREATE INDEX agent_reviews_of ON agent_reviews (repo, pull, attempt);
CREATE INDEX agent_reviews_by ON agent_reviews (agent, attempt);
CREATE INDEX agent_reviews_uncounted ON agent_reviews (repo, pull) WHERE counted_at IS NULL;
