-- The comments that answered a question about an issue, each as it was read back. What was kept of
-- answers before did not say whose words they were, nor which: nobody goes by it any more.
CREATE TABLE scope_answers (
    repo    INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    comment INTEGER NOT NULL,
    said    INTEGER NOT NULL CHECK (said BETWEEN 1 AND 7), -- what it says, as in backlog.readiness
    text    BLOB    NOT NULL, -- its SHA-256: a yes covers it
    paths   TEXT    NOT NULL, -- JSON: the paths that it names
    PRIMARY KEY (repo, number, comment)
) STRICT, WITHOUT ROWID;

ALTER TABLE scope_questions DROP COLUMN said;
ALTER TABLE scope_questions DROP COLUMN answers;
