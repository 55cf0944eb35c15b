//! What `serve` met that keeps it from its work, as it noted it in its ledger.

use super::check_result::CheckResult;
use crate::core::model::incident::Incident;
use crate::core::model::time::{Timestamp, rounded};
use crate::store::Readers;
use crate::store::incidents::{self, OpenIncident};

const INCIDENT: &str = "incident";

/// Everything that is wrong with the world, as far as a run of `serve` knows.
pub(super) async fn check(readers: &Readers, now: Timestamp) -> Vec<CheckResult> {
    match readers.read(incidents::all).await {
        Ok(incidents) => incidents.iter().map(|incident| judge(incident, now)).collect(),
        Err(error) => {
            let remedy = "Restore a backup, or point ledger.path to a new file.";
            vec![CheckResult::broken(
                INCIDENT,
                format!("What serve met cannot be read: {error}."),
                remedy,
            )]
        }
    }
}

fn judge(incident: &OpenIncident, now: Timestamp) -> CheckResult {
    let (since, last) = (rounded(now.since(incident.since)), rounded(now.since(incident.last)));
    let met = match incident.count {
        1 => format!("Met once, {since} ago."),
        count => format!("Met first {since} ago, last {last} ago, {count} times."),
    };
    CheckResult::warning(
        INCIDENT,
        format!("{}. {met}", incident.sentence().trim_end_matches('.')),
        remedy(&incident.incident),
    )
}

/// What happens when it is over, and who notices that.
fn remedy(incident: &Incident) -> &'static str {
    match incident {
        Incident::BadToken
        | Incident::ForgeDown
        | Incident::CannotRead { .. }
        | Incident::RepoGone { .. }
        | Incident::ReportHomeless => {
            "What waits for it is done when it is over; timmy serve notices that by itself."
        }
        Incident::MissingScope { .. } => {
            "What waits for it is done when the token has it; what was tried ten times is given up."
        }
        Incident::RepoArchived { .. } | Incident::ThreadLocked { .. } => {
            "What could not be written there is given up: say the command again when it is over; \
             timmy serve notices that by itself."
        }
        Incident::WriteForbidden { .. } => {
            "What could not be written there is given up: say the command again when it may; it \
             is over when a label, an assignee or a dependency can be set there."
        }
        Incident::ThreadBlocked { .. } => {
            "Nothing is to be done here: commands of people who may give them run there all the \
             same, unanswered. Whoever blocked timmy can lift that in their settings."
        }
        Incident::NoDefaultBranch { .. } => {
            "Its jobs wait, and are tried ten times at most; it is over when one of them begins."
        }
        Incident::VerdictForged { .. } => {
            "timmy serve says its own word again; whoever posts in its name has to stop, or to lose \
             write access. It is over when the pull request is closed or merged."
        }
        Incident::PolicyUnreadable { .. } => {
            "Correct the file on the default branch: examples/repository.timmy.toml has all keys."
        }
        Incident::AnswerUnreadable { .. } => {
            "Look at it in the browser and in the server's log, then say the command again."
        }
        Incident::DependenciesUnreadable { .. } => {
            "That counts as blocked until it can be read; timmy serve asks again once an hour. Look \
             at it in the browser and in the server's log."
        }
        Incident::WatchRenamed { .. }
        | Incident::AccountRenamed { .. }
        | Incident::NameTaken { .. } => "Correct the configuration and restart timmy serve.",
        Incident::JobServerAway => {
            "Start the Temporal server, or correct [engine]: jobs go on by themselves then, and lose \
             nothing. What people say is heard meanwhile."
        }
        Incident::GuardHostAway { .. } => {
            "Verdicts wait for it: wake that host, and start `timmy worker` there. It is over when that \
             comes; or let guards.host name another one, and restart timmy serve."
        }
        Incident::JobStuck { .. } => {
            "timmy serve begins its workflow anew, again and again. If that does not help, look at that \
             workflow in the server's pages and at timmy's log; a restart of timmy serve harms nothing. \
             It is over when the job is looked at again."
        }
        Incident::NotifyFailed => {
            "What is to be told waits for a day at most, and is in the report meanwhile. After a \
             correction of [notify], restart timmy serve: it tries at once."
        }
        Incident::RoutineUnplaced { .. } => {
            "What is due waits, and is done once when the repository is there; timmy serve notices that \
             by itself."
        }
        Incident::DayBudgetSpent => {
            "Jobs wait for the next day. /timmy budget AMOUNT scope=all, by the owner, lets more be spent \
             today; budget.day is for every day."
        }
        Incident::AgentDaySpent { .. } => {
            "What only it may do waits for the next day. /timmy budget AMOUNT scope=agent:NAME, by the \
             owner, lets it spend more today; budget.agent_day is for every day."
        }
        Incident::QuotaSpent { .. } => {
            "Its jobs wait until then, and go on by themselves: wait, raise the quota, or name \
             another agent. If it is there again, /timmy resume AGENT, by the owner, has one job try \
             it at once; /timmy retry tries nothing sooner. It is over when one got through."
        }
        Incident::MergedByAgent { .. } => {
            "Protect the branch: Settings, Branches, a rule that lists who may push and merge. What \
             the agent merged counts for nothing. It is over when timmy serve sees that its account \
             may not merge there any more, or when the owner says /timmy resume AGENT."
        }
        Incident::OtherLedger => {
            "Stop one of the two: a copy of a ledger is for a stop only. Then /timmy resume all, by \
             the owner, or a restart of timmy serve lets work start by itself again."
        }
        Incident::Agent { problem, .. } => problem.remedy(),
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::incidents::*;
    use crate::core::model::ids::RepoId;

    #[test]
    fn an_incident_says_since_when_and_how_often() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let incident = OpenIncident {
            incident: Incident::RepoArchived { repo: RepoId(12) },
            place: Some("foundation/door".to_owned()),
            text: "the repository is archived: unarchive it first".to_owned(),
            since: at(0),
            last: at(7_100),
            count: 3,
        };
        let told = judge(&incident, at(7_200));
        assert_eq!(
            told.found,
            "foundation/door: the repository is archived: unarchive it first. \
             Met first 2 h ago, last 2 min ago, 3 times."
        );
        assert_eq!(told.remedy.as_deref(), Some(remedy(&incident.incident)));
        assert!(remedy(&incident.incident).contains("is given up"));
        assert!(remedy(&Incident::ForgeDown).contains("is done when it is over"));
    }
}
