-- Splits: what a proposal was made from, and the dependencies that were left out.

-- The SHA-256 of what the epic said, with what was answered about it, when the proposal was judged. None of
-- what an older version kept.
ALTER TABLE split_proposals ADD COLUMN text BLOB;

-- Dependencies that a person said yes to, and that were left out when they were to be set.
CREATE TABLE left_bonds (
    key  TEXT PRIMARY KEY,                 -- of the effect that was to set it
    bond TEXT NOT NULL                     -- JSON: which, and why
) STRICT, WITHOUT ROWID;
