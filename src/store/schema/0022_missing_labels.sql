-- Labels that a person said yes to, and that an issue was made without: none of that name is there, and the
-- account may not make it.
CREATE TABLE missing_labels (
    key    TEXT PRIMARY KEY,               -- of the effect that made the issue
    labels TEXT NOT NULL                   -- JSON: their names
) STRICT, WITHOUT ROWID;
