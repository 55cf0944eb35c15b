-- Who was to get what: the latest ticks in which that changed, with all that they were decided
-- from, so that each can be decided again.

CREATE TABLE ticks (
    tick    INTEGER PRIMARY KEY,           -- grows by one
    setting TEXT    NOT NULL               -- JSON: moment, rules, pauses, agents, limits, load
) STRICT;

-- What was decided about each issue, in the order of the decision.
CREATE TABLE choices (
    tick   INTEGER NOT NULL REFERENCES ticks,
    place  INTEGER NOT NULL,
    repo   INTEGER NOT NULL,
    number INTEGER NOT NULL,
    choice TEXT    NOT NULL,               -- JSON
    PRIMARY KEY (tick, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX choices_of ON choices (repo, number, tick);

-- What was known of an issue from one tick until (without) another. Facts that stay the same are
-- kept once for all ticks.
CREATE TABLE tick_facts (
    repo   INTEGER NOT NULL,
    number INTEGER NOT NULL,
    since  INTEGER NOT NULL,
    until  INTEGER,                        -- none: they are those of the latest tick
    facts  TEXT    NOT NULL,               -- JSON
    PRIMARY KEY (repo, number, since)
) STRICT, WITHOUT ROWID;
CREATE INDEX tick_facts_past ON tick_facts (until) WHERE until IS NOT NULL;
