//! When is each routine due, and what keeps it from its work?

use super::check_result::CheckResult;
use super::in_ledger::in_ledger;
use crate::cli::routine_view::{RoutineStanding, next_date};
use crate::config::{Config, DispatchMode};
use crate::core::model::ids::RepoName;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{AutoState, Routine};
use crate::store::{Connection, Error, Readers, automatic, backlog, repos};

const ROUTINE: &str = "routine";

/// What `serve` found of each, as far as it ran.
pub(super) async fn check(
    config: &Config,
    readers: Option<&Readers>,
    now: Timestamp,
) -> Vec<CheckResult> {
    if config.routines.is_empty() {
        return Vec::new();
    }
    if config.dispatch.mode == DispatchMode::Off {
        return vec![CheckResult::warning(
            ROUTINE,
            "dispatch.mode is \"off\": no routine makes a job.",
            "Set it to \"suggest\": routines start then, and nothing else does by itself.",
        )];
    }
    match in_ledger(readers, (ROUTINE, "What routines came to"), Found::read).await {
        Ok(found) => config.routines.iter().map(|one| found.judge(one, config, now)).collect(),
        Err(unread) => vec![unread],
    }
}

/// What the ledger holds of them.
#[derive(Debug, Default)]
struct Found {
    state: AutoState,
    /// The repositories that timmy looks after, those of them that are archived, and all that are known.
    tracked: Vec<Repo>,
    archived: Vec<RepoName>,
    known: Vec<Repo>,
    /// Whether all that is watched was read.
    is_complete: bool,
    standing: RoutineStanding,
}

impl Found {
    fn read(conn: &Connection) -> Result<Self, Error> {
        let (known, archived) = (repos::all(conn)?, backlog::archived(conn)?);
        let archived = known.iter().filter(|repo| archived.contains(&repo.id));
        Ok(Self {
            state: automatic::state(conn)?,
            tracked: backlog::tracked(conn)?,
            archived: archived.map(|repo| repo.name.clone()).collect(),
            known,
            is_complete: backlog::is_complete(conn)?,
            standing: RoutineStanding::read(conn)?,
        })
    }

    /// What keeps a routine that works here from all of its work, and what is to be done about it.
    fn misplaced(&self, repository: &RepoName) -> Option<(&'static str, &'static str)> {
        if self.archived.contains(repository) {
            return Some((
                "which is archived",
                "Bring it back in its settings, or name another repository for the routine.",
            ));
        }
        let is_there = self.tracked.iter().any(|repo| repo.name == *repository);
        (self.is_complete && !is_there).then_some((
            "which is not among the repositories that timmy looks after",
            "Correct it in the configuration, have gitea.watch cover it, or let timmy's account see it.",
        ))
    }

    /// Why nobody can be asked what a routine asks before it has a pull request: it is asked in the
    /// report, `home`, which names nothing private where everybody may read it.
    fn unasked(&self, repository: &RepoName, home: Option<&RepoName>) -> Option<&'static str> {
        let home = home?;
        let is_private = |name: &RepoName| {
            self.known.iter().find(|repo| repo.name == *name).map(|repo| repo.private)
        };
        let is_hidden = is_private(repository) == Some(true) && is_private(home) == Some(false);
        is_hidden.then_some("everybody may read the report, and the repository is private")
    }

    fn judge(&self, routine: &Routine, config: &Config, now: Timestamp) -> CheckResult {
        let Routine { name, repository, when, .. } = routine;
        let next = next_date(routine, now, &config.people.timezone);
        if let Some(waits_for) = self.standing.waits_for(name) {
            return CheckResult::good(
                ROUTINE,
                format!("{name} waits for {waits_for}: its dates make no job before that is over."),
            );
        }
        if let Some((why, remedy)) = self.misplaced(repository) {
            let found = format!("{name} makes no jobs: it is to work in {repository}, {why}.");
            return CheckResult::warning(ROUTINE, found, remedy);
        }
        let repo = self.tracked.iter().find(|known| known.name == *repository);
        let mut dangers = config.agents.iter().filter_map(|agent| {
            let named = routine.agent.as_ref().is_none_or(|named| *named == agent.name);
            let holds = agent.roles.iter().any(|role| role.to_string() == routine.role);
            let found = self.state.pairs.get(&agent.name)?.get(&repo?.id)?;
            (named && holds).then_some((agent, found))
        });
        match dangers.next() {
            Some((agent, reason)) => CheckResult::warning(
                ROUTINE,
                format!("{name} does not start with {}: {}.", agent.name, reason.said()),
                "Its job waits; timmy serve looks again every ten minutes.",
            ),
            None => {
                let works =
                    format!("{name} works in {repository}, {when}; the next date is {next}.");
                let home = config.report.as_ref().map(|report| &report.repository);
                match self.unasked(repository, home) {
                    Some(why) => CheckResult::warning(
                        ROUTINE,
                        format!(
                            "{works} What it asks before it has a pull request nobody hears: {why}."
                        ),
                        "Name a private repository as report.repository.",
                    ),
                    None => CheckResult::good(ROUTINE, works),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::routines::*;
    use crate::core::model::ids::RepoId;

    fn repo(id: i64, name: &str, private: bool) -> Repo {
        Repo { id: RepoId(id), name: name.parse().expect("a name"), private }
    }

    #[test]
    fn its_repository_has_to_be_there_and_alive() {
        let (door, barn) = (repo(1, "foundation/door", false), repo(2, "foundation/barn", false));
        let window: RepoName = "foundation/window".parse().expect("a name");
        let mut found = Found {
            tracked: vec![door.clone()],
            archived: vec![barn.name.clone()],
            ..Found::default()
        };
        assert_eq!(found.misplaced(&window), None, "nobody knows yet");
        found.is_complete = true;
        assert_eq!(found.misplaced(&door.name), None);
        let why = |name: &RepoName| found.misplaced(name).expect("something").0;
        assert!(why(&window).contains("not among"));
        assert_eq!(why(&barn.name), "which is archived");
    }

    #[test]
    fn what_it_asks_needs_a_place_that_may_name_it() {
        let (door, barn) = (repo(1, "foundation/door", false), repo(2, "foundation/barn", true));
        let found = Found { known: vec![door.clone(), barn.clone()], ..Found::default() };
        assert_eq!(found.unasked(&door.name, Some(&door.name)), None);
        assert_eq!(found.unasked(&barn.name, Some(&barn.name)), None);
        assert!(found.unasked(&barn.name, Some(&door.name)).is_some());
    }
}
