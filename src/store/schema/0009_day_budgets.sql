-- What may be spent on a day, where the owner said otherwise than the configuration.
CREATE TABLE day_budgets (
    part    TEXT    NOT NULL,                -- JSON: the whole fleet, or an agent
    unit    TEXT    NOT NULL,                -- in what it is counted: money, tokens or runs
    amount  TEXT    NOT NULL,                -- as commands write it: `20usd`
    said_by TEXT    NOT NULL,                -- JSON: the account
    until   INTEGER NOT NULL,                -- when that day ends
    PRIMARY KEY (part, unit)
) STRICT;
