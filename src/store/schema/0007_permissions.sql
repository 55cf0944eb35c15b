-- What an agent asks to do, and whether what a person allowed was done: a yes is for once.

ALTER TABLE attempts ADD COLUMN asks TEXT;         -- what it asked for last, in its own words
ALTER TABLE decisions ADD COLUMN used_at INTEGER;  -- when a permission was passed on
