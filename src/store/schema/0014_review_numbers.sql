-- The number that the forge gave to what an agent said of a pull request: nothing is kept twice of one.
ALTER TABLE agent_reviews ADD COLUMN review INTEGER;
CREATE UNIQUE INDEX agent_reviews_once ON agent_reviews (repo, pull, review) WHERE review IS NOT NULL;
