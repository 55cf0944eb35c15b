-- What the authors of issues were asked, whose text does not say what is to be done. Each is asked
-- once: a row stays, whatever becomes of its issue.
CREATE TABLE scope_questions (
    repo     INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    comment  TEXT    NOT NULL,             -- the key of the comment that asks
    lacked   INTEGER NOT NULL CHECK (lacked BETWEEN 0 AND 7), -- what was asked for, as in backlog.readiness
    said     INTEGER NOT NULL DEFAULT 0 CHECK (said BETWEEN 0 AND 7), -- what comments have said since
    answers  TEXT    NOT NULL DEFAULT '[]', -- JSON: the numbers of these comments
    PRIMARY KEY (repo, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX scope_questions_asked ON scope_questions (asked_at);

-- Which quota an attempt uses; none for its agent's own, and for those of before.
ALTER TABLE attempts ADD COLUMN pool TEXT;

-- Quotas that their agents said are used up. A row stays until an attempt has shown that there is
-- quota again.
CREATE TABLE spent_quotas (
    quota    TEXT    NOT NULL PRIMARY KEY, -- JSON: the pool, or the agent that has its own
    since    INTEGER NOT NULL,
    until    INTEGER NOT NULL,             -- it is not tried before
    is_told  INTEGER NOT NULL CHECK (is_told IN (0, 1)), -- the agent said until when
    failures INTEGER NOT NULL              -- how often in a row that was found
) STRICT, WITHOUT ROWID;
