-- Reviews that say nothing any more, and the issue as it was when a plan was made for it.

-- When it was seen that somebody dismissed the review on the forge. None while it stands.
ALTER TABLE agent_reviews ADD COLUMN dismissed_at INTEGER;

-- The SHA-256 of what the issue of a crew said, with what was answered about it, when its plan was judged.
-- None of what an older version kept.
ALTER TABLE crews ADD COLUMN text BLOB;
