-- Splits: epics that become issues.

-- What the job proposed last that issues can be made of. What a yes covers stands with its decision.
CREATE TABLE split_proposals (
    job      INTEGER PRIMARY KEY REFERENCES jobs (id),
    proposal TEXT    NOT NULL              -- JSON
) STRICT;

-- The issues that timmy made of epics.
CREATE TABLE made_issues (
    key    TEXT    PRIMARY KEY,            -- of the effect that made it
    repo   INTEGER NOT NULL,
    number INTEGER NOT NULL,
    epic   INTEGER NOT NULL,               -- the number of the issue that it is a part of
    author TEXT    NOT NULL                -- JSON: the account that said yes; it counts as theirs
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX made_issues_of ON made_issues (repo, number);
