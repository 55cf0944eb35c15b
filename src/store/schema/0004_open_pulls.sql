-- Open pull requests are few among the open issues, and are asked for whenever an agent gets work.
CREATE INDEX backlog_pulls ON backlog (repo, number) WHERE is_pull;
