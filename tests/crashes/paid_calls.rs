//! What was paid for: the calls of a model, each beside the task that it was made for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use timmy::agents::StoredRequest;
use timmy::core::jobs::{AttemptEnd, JobId};
use timmy::sandbox::model::ModelCall;

use crate::job_outcomes::AllJobs;

/// A task, which is a job, and what its attempts were asked, word for word: two may be asked the same, such
/// as one that goes on where the other was cut off.
type Asked = (JobId, String);

/// An attempt that may have run, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ran {
    asked: Asked,
    /// Whether it has ended, and by itself.
    has_ended: bool,
    is_finished: bool,
}

/// Calls that nobody makes again: of attempts that are known to have finished, as often as they were
/// made until that was seen; and all of tasks that are over.
#[derive(Debug, Default)]
pub struct PaidCalls {
    known: BTreeMap<Asked, usize>,
    /// How many attempts a task had, and calls.
    over: BTreeMap<JobId, (usize, usize)>,
}

impl PaidCalls {
    /// Looks at what the ledger knows while nobody works.
    pub fn note(&mut self, all: &AllJobs, calls: &[ModelCall]) {
        let ran = ran(all);
        let counts = by_asked(&ran, calls);
        for (asked, attempts) in grouped(&ran) {
            let is_known = attempts.iter().all(|one| one.has_ended)
                && attempts.last().is_some_and(|last| last.is_finished);
            if is_known {
                let count = counts.get(asked).map_or(0, Vec::len);
                self.known.entry(asked.clone()).or_insert(count);
            }
        }
        for (job, _) in all.iter().filter(|(job, _)| job.state.kind().is_end()) {
            let id = job.spec.id;
            self.over.entry(id).or_insert_with(|| of_task(id, &ran, &counts));
        }
    }

    /// How many attempts it knows to have finished while timmy was down.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// What was paid twice, begun twice, or begun by nobody.
    pub fn problems(&self, all: &AllJobs, calls: &[ModelCall]) -> Vec<String> {
        let ran = ran(all);
        let counts = by_asked(&ran, calls);
        let mut problems = told_to_several(&ran);
        for (asked, before) in &self.known {
            let after = counts.get(asked).map_or(0, Vec::len);
            if after != *before {
                problems.push(format!(
                    "{before} calls had been paid when it was known to have finished, now there \
                     are {after}: {asked:?}"
                ));
            }
        }
        for (id, before) in &self.over {
            let after = of_task(*id, &ran, &counts);
            if after != *before {
                problems.push(format!(
                    "{id} was over with {before:?} attempts and calls, and has {after:?} now"
                ));
            }
        }
        for (asked, attempts) in grouped(&ran) {
            let opened = counts.get(asked).into_iter().flatten().filter(|call| call.opens).count();
            if opened > attempts.len() {
                let of = attempts.len();
                problems.push(format!("begun {opened} times by {of} attempts: {asked:?}"));
            }
            if attempts.iter().any(|one| one.is_finished) && opened == 0 {
                problems.push(format!("finished without any call: {asked:?}"));
            }
        }
        let attributed: usize = counts.values().map(Vec::len).sum();
        if attributed != calls.len() {
            problems.push(format!("{} calls are of no attempt", calls.len() - attributed));
        }
        problems.extend(overlapping(all));
        problems
    }
}

/// All that may have run, in order.
fn ran(all: &AllJobs) -> Vec<Ran> {
    let attempts =
        all.iter().flat_map(|(job, attempts)| attempts.iter().map(move |one| (job, one)));
    let started = attempts.filter(|(_, attempt)| attempt.started_at.is_some());
    let ran = started.filter_map(|(job, attempt)| {
        let request: StoredRequest = serde_json::from_str(attempt.request.as_deref()?).ok()?;
        let order: Value = serde_json::from_str(&request.body).ok()?;
        let prompt = order["prompt"].as_str()?.trim().to_owned();
        let end = attempt.ended.map(|(_, end)| end);
        Some(Ran {
            asked: (job.spec.id, prompt),
            has_ended: end.is_some(),
            is_finished: end == Some(AttemptEnd::Ended),
        })
    });
    ran.collect()
}

fn grouped(ran: &[Ran]) -> BTreeMap<&Asked, Vec<&Ran>> {
    let mut groups: BTreeMap<&Asked, Vec<&Ran>> = BTreeMap::new();
    for one in ran {
        groups.entry(&one.asked).or_default().push(one);
    }
    groups
}

/// The calls of each: of the longest prompt that they were told, where one holds another.
fn by_asked<'a>(ran: &'a [Ran], calls: &'a [ModelCall]) -> BTreeMap<&'a Asked, Vec<&'a ModelCall>> {
    let asked: BTreeSet<&Asked> = ran.iter().map(|one| &one.asked).collect();
    let mut of: BTreeMap<&Asked, Vec<&ModelCall>> = BTreeMap::new();
    for call in calls {
        let told = asked.iter().filter(|(_, prompt)| call.heard.contains(prompt.as_str()));
        if let Some(asked) = told.max_by_key(|(_, prompt)| prompt.len()) {
            of.entry(*asked).or_default().push(call);
        }
    }
    of
}

/// How many attempts of a task may have run, and how many calls were made for them.
fn of_task(id: JobId, ran: &[Ran], counts: &BTreeMap<&Asked, Vec<&ModelCall>>) -> (usize, usize) {
    let attempts = ran.iter().filter(|one| one.asked.0 == id).count();
    let calls = counts.iter().filter(|((job, _), _)| *job == id).map(|(_, calls)| calls.len());
    (attempts, calls.sum())
}

/// Two tasks that are told word for word the same: whose a call is, nobody could tell then.
fn told_to_several(ran: &[Ran]) -> Vec<String> {
    let mut told: BTreeMap<&str, BTreeSet<JobId>> = BTreeMap::new();
    for Ran { asked: (job, prompt), .. } in ran {
        told.entry(prompt).or_default().insert(*job);
    }
    let several = told.into_iter().filter(|(_, jobs)| jobs.len() > 1);
    several.map(|(prompt, jobs)| format!("{jobs:?} are all told: {prompt}")).collect()
}

/// A task is begun again only once it was seen how its last attempt ended.
fn overlapping(all: &AllJobs) -> Vec<String> {
    let mut problems = Vec::new();
    for (job, attempts) in all {
        for pair in attempts.windows(2) {
            let [one, next] = pair else { continue };
            let is_seen = one.ended.is_some_and(|(at, _)| at <= next.leased_at);
            if !is_seen {
                let id = job.spec.id;
                problems.push(format!("{id} was begun again without a look: {one:?}"));
            }
        }
    }
    problems
}
