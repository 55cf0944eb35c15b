//! What jobs must look like in the end, whatever was killed meanwhile.

use std::collections::BTreeMap;

use timmy::core::effect::marker::key_of;
use timmy::core::jobs::{Job, StateKind};
use timmy::core::model::ids::Subject;
use timmy::sandbox::Said;
use timmy::store::jobs::{self, StoredAttempt};
use timmy::store::{Connection, Error, Ledger};

use crate::job_fleet::doubled;
use crate::stage::Stage;

/// How the comments begin that tell how a job ended.
const OUTCOMES: [&str; 6] = [
    "**Done:",
    "**Not done: I gave up",
    "**Not reviewed: I gave up",
    "**Given up:",
    "**No change was needed",
    "**Merged",
];

/// All jobs, with their attempts.
pub type AllJobs = Vec<(Job, Vec<StoredAttempt>)>;

pub async fn all_jobs(stage: &Stage) -> AllJobs {
    let ledger = Ledger::open_read_only(stage.ledger()).unwrap();
    ledger.read(read).await.unwrap()
}

fn read(conn: &Connection) -> Result<AllJobs, Error> {
    let ids = [jobs::live_ids(conn)?, jobs::ended_ids(conn, 10_000)?].concat();
    let with_attempts = |id| {
        let job = jobs::get(conn, id)?.expect("a job of this number").job;
        Ok((job, jobs::attempts(conn, id)?))
    };
    ids.into_iter().map(with_attempts).collect()
}

/// How many jobs stand where.
pub fn counts(all: &AllJobs) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for (job, _) in all {
        *counts.entry(job.state.kind().name()).or_default() += 1;
    }
    counts
}

/// What is wrong with jobs that were asked for, each by a comment: the number of its issue, and
/// the comment.
pub async fn problems(stage: &Stage, repo: &str, asked: &[(i64, i64)]) -> Vec<String> {
    let all = all_jobs(stage).await;
    let ledger = Ledger::open_read_only(stage.ledger()).unwrap();
    let rebuilt = ledger.read(jobs::rebuilt).await.unwrap();
    let mut problems: Vec<String> =
        rebuilt.iter().map(|wrong| format!("its history gives another job: {wrong:?}")).collect();
    if all.len() != asked.len() {
        problems.push(format!("{} jobs for {} issues", all.len(), asked.len()));
    }
    let pulls = all.iter().filter_map(|(job, _)| job.past.pull.map(|pull| pull.to_string()));
    problems
        .extend(doubled(pulls.collect()).into_iter().map(|pull| format!("two jobs have #{pull}")));
    for (issue, comment) in asked {
        let Some((job, attempts)) =
            all.iter().find(|(job, _)| job.spec.given().unwrap().number == *issue)
        else {
            problems.push(format!("no job for #{issue}"));
            continue;
        };
        let comments = stage.sandbox.comments(repo, *issue).unwrap();
        let comments = comments.into_iter().filter(|comment| comment.author == "timmy").collect();
        let found = of_job(job, attempts, &Subject::Comment(*comment).key(), comments);
        problems.extend(found.into_iter().map(|problem| format!("#{issue}: {problem}")));
    }
    problems
}

fn of_job(job: &Job, attempts: &[StoredAttempt], card: &str, said: Vec<Said>) -> Vec<String> {
    let mut problems = Vec::new();
    let kind = job.state.kind();
    if !matches!(kind, StateKind::Done | StateKind::Dead) {
        problems.push(format!("it ended as {job:#?}"));
    }
    if kind == StateKind::Done && job.past.pull.is_none() {
        problems.push("done without a pull request".to_owned());
    }
    if let Some(open) = attempts.iter().find(|attempt| attempt.ended.is_none()) {
        problems.push(format!("an attempt goes on: {open:?}"));
    }
    let keys: Vec<String> =
        said.iter().map(|said| key_of(&said.body).unwrap_or("no key").to_owned()).collect();
    let is_card = |key: &str| key == card || key.ends_with(".card");
    let cards = keys.iter().filter(|key| is_card(key)).count();
    let others = said.iter().zip(&keys).filter(|(_, key)| !is_card(key));
    let outcomes = others.filter(|(said, _)| OUTCOMES.iter().any(|o| said.body.starts_with(o)));
    if (cards, outcomes.count()) != (1, 1) || !doubled(keys).is_empty() {
        let bodies = said.iter().map(|said| said.body.as_str()).collect::<Vec<_>>();
        problems.push(format!("{kind:?}, it is said:\n{}", bodies.join("\n----\n")));
    }
    problems
}
