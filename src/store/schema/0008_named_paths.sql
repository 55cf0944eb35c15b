-- Which paths the text of an open issue names: work on what is protected is asked about first.
-- What was read before this column was there is read again; until then it names none.

ALTER TABLE backlog ADD COLUMN paths TEXT;
