//! What was paid for: the calls of a model, each beside the attempt that it was made for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use timmy::agents::StoredRequest;
use timmy::core::jobs::{AttemptEnd, JobId};
use timmy::sandbox::model::ModelCall;

use crate::job_outcomes::AllJobs;

/// What attempts were asked, word for word. Two of one job may be asked the same, such as one that goes
/// on where the other was cut off.
type Prompt = String;

/// An attempt that may have run, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ran {
    job: JobId,
    prompt: Prompt,
    /// Whether it has ended, and by itself.
    has_ended: bool,
    is_finished: bool,
}

/// Calls that nobody makes again: of attempts that are known to have finished, as often as they were
/// made until that was seen.
#[derive(Debug, Default)]
pub struct PaidCalls {
    known: BTreeMap<Prompt, usize>,
}

impl PaidCalls {
    /// Looks at what the ledger knows while nobody works.
    pub fn note(&mut self, all: &AllJobs, calls: &[ModelCall]) {
        let ran = ran(all);
        let counts = by_prompt(&ran, calls);
        for (prompt, attempts) in grouped(&ran) {
            let is_known = attempts.iter().all(|one| one.has_ended)
                && attempts.last().is_some_and(|last| last.is_finished);
            if is_known {
                let count = counts.get(prompt).map_or(0, Vec::len);
                self.known.entry(prompt.to_owned()).or_insert(count);
            }
        }
    }

    /// How many attempts it knows to have finished while timmy was down.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// What was paid twice, begun twice, or begun by nobody.
    pub fn problems(&self, all: &AllJobs, calls: &[ModelCall]) -> Vec<String> {
        let ran = ran(all);
        let counts = by_prompt(&ran, calls);
        let mut problems = Vec::new();
        for (prompt, before) in &self.known {
            let after = counts.get(prompt.as_str()).map_or(0, Vec::len);
            if after != *before {
                problems.push(format!(
                    "{before} calls had been paid when it was known to have finished, now there \
                     are {after}: {prompt}"
                ));
            }
        }
        for (prompt, attempts) in grouped(&ran) {
            let opened = counts.get(prompt).into_iter().flatten().filter(|call| call.opens).count();
            if opened > attempts.len() {
                let job = attempts[0].job;
                let of = attempts.len();
                problems.push(format!("{job} was begun {opened} times by {of} attempts: {prompt}"));
            }
            if attempts.iter().any(|one| one.is_finished) && opened == 0 {
                problems.push(format!("finished without any call: {prompt}"));
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
            job: job.spec.id,
            prompt,
            has_ended: end.is_some(),
            is_finished: end == Some(AttemptEnd::Ended),
        })
    });
    ran.collect()
}

fn grouped(ran: &[Ran]) -> BTreeMap<&str, Vec<&Ran>> {
    let mut groups: BTreeMap<&str, Vec<&Ran>> = BTreeMap::new();
    for one in ran {
        groups.entry(&one.prompt).or_default().push(one);
    }
    groups
}

/// The calls of each prompt: of the longest that they were told, where one holds another.
fn by_prompt<'a>(ran: &'a [Ran], calls: &'a [ModelCall]) -> BTreeMap<&'a str, Vec<&'a ModelCall>> {
    let prompts: BTreeSet<&str> = ran.iter().map(|one| one.prompt.as_str()).collect();
    let mut of: BTreeMap<&str, Vec<&ModelCall>> = BTreeMap::new();
    for call in calls {
        let told = prompts.iter().filter(|prompt| call.heard.contains(**prompt));
        if let Some(prompt) = told.max_by_key(|prompt| prompt.len()) {
            of.entry(*prompt).or_default().push(call);
        }
    }
    of
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
