-- Where what was merged is watched: whoever takes it back does so there.
ALTER TABLE jobs ADD COLUMN merged_into TEXT; -- the branch, once that was asked
