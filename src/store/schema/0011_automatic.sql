-- What starts by itself.

-- When a person last did something with a thread that the forge told of, by its clock; none if
-- that is not known.
ALTER TABLE backlog ADD COLUMN touched_at INTEGER;
UPDATE backlog SET touched_at = (
    SELECT max(last_at) FROM participants
    WHERE participants.repo = backlog.repo AND participants.number = backlog.number);

-- When a job was begun without anybody asking for it; none if somebody did.
ALTER TABLE jobs ADD COLUMN automatic_at INTEGER;
CREATE INDEX jobs_automatic ON jobs (automatic_at) WHERE automatic_at IS NOT NULL;

-- Who had a job last.
CREATE INDEX attempts_of_job ON attempts (job, fence, agent);
