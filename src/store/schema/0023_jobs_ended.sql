-- What the report, the page and the matching ask of jobs that ended since a moment is found by that
-- moment, and who has not ended by that, however many ended before.
CREATE INDEX jobs_ended ON jobs (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX jobs_open ON jobs (id) WHERE ended_at IS NULL;
