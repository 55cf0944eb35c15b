-- Which worker was given the start of an attempt, before it was: only that one can say whether it was
-- begun. None where timmy drives the agent by itself, where nobody came for it, and of those of before.
ALTER TABLE attempts ADD COLUMN fetched_by TEXT;
