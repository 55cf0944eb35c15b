-- A text that comes behind others changes nothing in its lane if that is due no later: then its
-- effects go first, or the texts that were heard before.
DROP TRIGGER text_came;
CREATE TRIGGER text_came AFTER INSERT ON inbox
WHEN NOT EXISTS (SELECT 1 FROM lanes
                 WHERE repo = new.repo AND number = new.number AND due_at <= new.due_at)
BEGIN INSERT INTO moved_lanes VALUES (new.repo, new.number); END;
