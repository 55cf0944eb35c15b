//! One word for each thing that can be wrong.

use super::incident::Incident;

impl Incident {
    /// All words for what can be wrong.
    pub const KINDS: [&str; 29] = [
        "bad_token",
        "missing_scope",
        "forge_down",
        "cannot_read",
        "watch_renamed",
        "repo_gone",
        "repo_archived",
        "write_forbidden",
        "no_default_branch",
        "policy_unreadable",
        "thread_locked",
        "thread_blocked",
        "answer_unreadable",
        "verdict_forged",
        "dependencies_unreadable",
        "job_server_away",
        "guard_host_away",
        "job_stuck",
        "report_homeless",
        "routine_unplaced",
        "notify_failed",
        "day_budget_spent",
        "agent_day_spent",
        "other_ledger",
        "account_renamed",
        "name_taken",
        "quota_spent",
        "merged_by_agent",
        "agent",
    ];

    /// The words for what calls nobody: it may be somebody else's wish or doing.
    pub const CALLS_NOBODY: [&str; 3] =
        ["thread_blocked", "answer_unreadable", "dependencies_unreadable"];

    /// One word for what is wrong, without the place: as the ledger and metrics say it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::BadToken => "bad_token",
            Self::MissingScope { .. } => "missing_scope",
            Self::ForgeDown => "forge_down",
            Self::CannotRead { .. } => "cannot_read",
            Self::WatchRenamed { .. } => "watch_renamed",
            Self::RepoGone { .. } => "repo_gone",
            Self::RepoArchived { .. } => "repo_archived",
            Self::WriteForbidden { .. } => "write_forbidden",
            Self::NoDefaultBranch { .. } => "no_default_branch",
            Self::PolicyUnreadable { .. } => "policy_unreadable",
            Self::ThreadLocked { .. } => "thread_locked",
            Self::ThreadBlocked { .. } => "thread_blocked",
            Self::AnswerUnreadable { .. } => "answer_unreadable",
            Self::VerdictForged { .. } => "verdict_forged",
            Self::DependenciesUnreadable { .. } => "dependencies_unreadable",
            Self::JobServerAway => "job_server_away",
            Self::GuardHostAway { .. } => "guard_host_away",
            Self::JobStuck { .. } => "job_stuck",
            Self::ReportHomeless => "report_homeless",
            Self::RoutineUnplaced { .. } => "routine_unplaced",
            Self::NotifyFailed => "notify_failed",
            Self::DayBudgetSpent => "day_budget_spent",
            Self::AgentDaySpent { .. } => "agent_day_spent",
            Self::OtherLedger => "other_ledger",
            Self::AccountRenamed { .. } => "account_renamed",
            Self::NameTaken { .. } => "name_taken",
            Self::QuotaSpent { .. } => "quota_spent",
            Self::MergedByAgent { .. } => "merged_by_agent",
            Self::Agent { .. } => "agent",
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::model::ids::{RepoId, ThreadId};
    use crate::core::model::incident::{AgentProblem, Incident};

    #[test]
    fn its_kind_is_the_word_that_is_stored() {
        let repo = RepoId(1);
        let some = [
            Incident::BadToken,
            Incident::MissingScope { scope: "write:issue".to_owned() },
            Incident::ThreadLocked { thread: ThreadId { repo, number: 2 } },
            Incident::NotifyFailed,
            Incident::GuardHostAway { host: "vps-2".to_owned() },
            Incident::JobStuck { job: 42 },
            Incident::MergedByAgent { repo, agent: "ezra".to_owned(), branch: None },
            Incident::Agent { name: "ezra".to_owned(), problem: AgentProblem::Down },
        ];
        for incident in some {
            let stored = serde_json::to_value(&incident).unwrap();
            assert_eq!(stored["kind"], incident.kind());
            assert!(Incident::KINDS.contains(&incident.kind()));
        }
        let differing: std::collections::BTreeSet<_> = Incident::KINDS.into_iter().collect();
        assert_eq!(differing.len(), Incident::KINDS.len());
    }

    #[test]
    fn what_is_about_single_threads_calls_nobody() {
        for kind in Incident::CALLS_NOBODY {
            assert!(Incident::KINDS.contains(&kind), "{kind}");
        }
        let thread = ThreadId { repo: RepoId(1), number: 2 };
        assert!(!Incident::ThreadBlocked { thread }.is_reported());
        assert!(!Incident::AnswerUnreadable { thread }.is_reported());
        assert!(!Incident::DependenciesUnreadable { repo: RepoId(1) }.is_reported());
        assert!(Incident::ThreadLocked { thread }.is_reported());
    }
}
