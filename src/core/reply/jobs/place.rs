//! What a job is called by where it is.

use crate::core::effect::defuse;
use crate::core::jobs::Job;

/// Where a job is, in a list: its thread, in the repository `repo` if that has to be named; what is a
/// routine's and has none yet, by that.
pub fn place_of(job: &Job, repo: &str) -> String {
    match (job.home(), job.spec.routine()) {
        (Some(home), _) => format!("{repo}#{}", home.number),
        (None, Some(run)) if repo.is_empty() => format!("routine {}", run.routine),
        (None, Some(run)) => format!("{repo}, routine {}", run.routine),
        (None, None) => repo.to_owned(),
    }
}

/// What is said of a routine's job in the report, since it has no thread yet: of which, in the repository
/// `repo`. Of any other job `text` says enough where it stands.
pub fn said_in_report(job: &Job, repo: &str, text: String) -> String {
    match job.spec.routine().filter(|_| job.home().is_none()) {
        Some(run) => {
            let (routine, repo) = (defuse::code(&run.routine), defuse::defused(repo));
            format!("Routine {routine} in {repo} ({}):\n\n{text}", job.spec.id)
        }
        None => text,
    }
}
