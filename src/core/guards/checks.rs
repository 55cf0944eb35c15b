//! The guard `checks`: what CI says of the commit.
//!
//! Anybody who may push can post a status, under any context. So only trusted reporters count, the
//! newest of each context; and a check that did not run, has not ended or cannot be read is not
//! green.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

use super::code::FindingCode;
use super::finding::{CheckLink, EvidenceLink, GuardFinding};
use super::name::GuardName;
use super::result::{CannotBeRead, GuardResult};
use super::rules::{ExpectedChecks, GuardRules};
use super::sentence::Sentence;
use crate::core::model::commit_status::{CheckState, CommitStatus};
use crate::core::model::glob::Glob;

/// What the contexts begin with that timmy posts itself: they say nothing of a commit.
pub const OWN_CONTEXTS: &str = "timmy/";

/// The context of the verdict.
pub const OWN_CONTEXT: &str = "timmy/verify";

/// Who reports what Gitea's own Actions found.
const ACTIONS: &str = "gitea-actions";

/// What Actions write behind the name of a job: what set it off.
const EVENTS: [&str; 3] = [" (push)", " (pull_request)", " (pull_request_target)"];

/// The check that a context is of, whatever set it off: what runs for pushes to the target runs for
/// a pull request under another context.
fn name_of(context: &str) -> &str {
    EVENTS.iter().find_map(|event| context.strip_suffix(event)).unwrap_or(context)
}

/// What the forge shows of the checks of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFacts {
    /// All that was ever said of the commit, from all pages.
    pub statuses: Result<Vec<CommitStatus>, CannotBeRead>,
    /// The contexts that the target branch requires, as patterns.
    pub required: Result<Vec<String>, CannotBeRead>,
    /// What was said of the last heads of the target branch, the newest first.
    pub on_target: Vec<Vec<CommitStatus>>,
    /// How long they were waited for.
    pub waited: Duration,
    /// Whether it changes workflow files itself: then Actions run what an agent wrote.
    pub workflows_changed: bool,
}

/// Judges what CI says.
pub fn checks(facts: &CheckFacts, rules: &GuardRules) -> GuardResult {
    let cannot = |what: &str, why| GuardResult::cannot_be_read(GuardName::Checks, what, why);
    let statuses = match &facts.statuses {
        Ok(statuses) => statuses,
        Err(why) => return cannot("What the checks say", why),
    };
    let required = match &facts.required {
        Ok(required) => required,
        Err(why) => return cannot("Which checks the branch requires", why),
    };
    let judge = CheckJudge {
        rules,
        facts,
        head: history(statuses.iter().filter(|status| counts(status, facts, rules))),
        unheeded: history(statuses.iter().filter(|status| {
            !status.context.starts_with(OWN_CONTEXTS) && !counts(status, facts, rules)
        })),
        on_target: facts.on_target.iter().map(|head| newest(head, facts, rules)).collect(),
        // A branch may require timmy's own verdict, which is what this is about.
        required: required
            .iter()
            .filter(|pattern| !pattern.starts_with(OWN_CONTEXTS))
            .map(|pattern| RequiredCheck::new(pattern))
            .collect(),
        findings: Vec::new(),
        waits_for: Vec::new(),
        green: Vec::new(),
    };
    judge.judge()
}

/// Whether what a status says counts.
fn counts(status: &CommitStatus, facts: &CheckFacts, rules: &GuardRules) -> bool {
    !status.context.starts_with(OWN_CONTEXTS)
        && is_trusted(status, rules)
        && !(facts.workflows_changed && is_by(status, ACTIONS))
}

/// Whether Actions are among those who said that a commit is good, and are believed.
pub fn rests_on_actions(statuses: &[CommitStatus], rules: &GuardRules) -> bool {
    statuses.iter().any(|status| {
        let is_good = matches!(status.state, CheckState::Success | CheckState::Warning);
        is_good && is_by(status, ACTIONS) && is_trusted(status, rules)
    })
}

fn is_by(status: &CommitStatus, login: &str) -> bool {
    status.by.as_ref().is_some_and(|by| by.is(login))
}

fn is_trusted(status: &CommitStatus, rules: &GuardRules) -> bool {
    rules.trusted_reporters.iter().any(|login| is_by(status, login))
}

/// What was said under each context, the newest last.
fn history<'a>(
    statuses: impl Iterator<Item = &'a CommitStatus>,
) -> BTreeMap<&'a str, Vec<&'a CommitStatus>> {
    let mut history: BTreeMap<&str, Vec<&CommitStatus>> = BTreeMap::new();
    for status in statuses {
        history.entry(&status.context).or_default().push(status);
    }
    for said in history.values_mut() {
        said.sort_by_key(|status| status.id);
    }
    history
}

/// The newest under each context of a head of the target.
fn newest<'a>(
    head: &'a [CommitStatus],
    facts: &CheckFacts,
    rules: &GuardRules,
) -> BTreeMap<&'a str, &'a CommitStatus> {
    // What Actions said of the target was said of files that people merged.
    let on_target = CheckFacts { workflows_changed: false, ..facts.without_statuses() };
    let counted = head.iter().filter(|status| counts(status, &on_target, rules));
    history(counted).into_iter().filter_map(|(name, said)| Some((name, *said.last()?))).collect()
}

impl CheckFacts {
    fn without_statuses(&self) -> Self {
        Self { statuses: Ok(Vec::new()), required: Ok(Vec::new()), on_target: Vec::new(), ..*self }
    }
}

/// Whether a check says of itself that it tested nothing.
fn ran_nothing(description: &str) -> bool {
    const PATTERN: &str = r"(?i)\b(?:0|no) (?:tests?|specs?|examples?)(?: were| was)? (?:ran|run|executed|found|collected|passed)\b|\bran 0 tests\b|\b0 passed\b|\bno tests to run\b";
    static NOTHING: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(PATTERN).unwrap_or_else(|error| unreachable!("{error}")));
    NOTHING.is_match(description)
}

/// A context that the branch requires.
struct RequiredCheck<'a> {
    pattern: &'a str,
    /// None if it is no pattern: then it is the context itself.
    glob: Option<Glob>,
}

impl<'a> RequiredCheck<'a> {
    fn new(pattern: &'a str) -> Self {
        Self { pattern, glob: Glob::across(pattern) }
    }

    fn covers(&self, context: &str) -> bool {
        self.pattern == context || self.glob.as_ref().is_some_and(|glob| glob.matches(context))
    }
}

struct CheckJudge<'a> {
    rules: &'a GuardRules,
    facts: &'a CheckFacts,
    head: BTreeMap<&'a str, Vec<&'a CommitStatus>>,
    /// What was said and does not count.
    unheeded: BTreeMap<&'a str, Vec<&'a CommitStatus>>,
    on_target: Vec<BTreeMap<&'a str, &'a CommitStatus>>,
    required: Vec<RequiredCheck<'a>>,
    findings: Vec<GuardFinding>,
    waits_for: Vec<Sentence>,
    green: Vec<&'a str>,
}

impl<'a> CheckJudge<'a> {
    fn judge(mut self) -> GuardResult {
        let head = std::mem::take(&mut self.head);
        self.unheeded.retain(|context, _| !head.contains_key(context));
        for (context, said) in &head {
            self.check(context, said);
        }
        let missing: Vec<&str> = self
            .required
            .iter()
            .filter(|required| !head.keys().any(|context| required.covers(context)))
            .map(|required| required.pattern)
            .collect();
        for pattern in missing {
            self.missing(pattern, FindingCode::CheckMissing, "{} is required, and did not run.");
        }
        self.absent(&head);
        if head.is_empty() && self.rules.checks == ExpectedChecks::Required {
            self.nothing_ran();
        }
        if self.facts.workflows_changed {
            let form = "An agent's branch changes workflow files: Actions prove nothing here.";
            self.add(FindingCode::ChecksProveNothing, Sentence::of(form, &[]));
        }
        let seen = self.seen();
        GuardResult::new(GuardName::Checks, seen, self.findings).waiting_for(self.waits_for)
    }

    /// A context that somebody said something under.
    fn check(&mut self, context: &'a str, said: &[&'a CommitStatus]) {
        let Some(newest) = said.last() else { return };
        let is_required = self.required.iter().any(|required| required.covers(context));
        match newest.state {
            CheckState::Success | CheckState::Warning if ran_nothing(&newest.description) => {
                let form = "{} is green, and says that nothing ran: {}.";
                self.about(newest, FindingCode::CheckRanNothing, form);
            }
            CheckState::Success | CheckState::Warning => {
                self.green.push(context);
                if said.iter().any(|status| status.state == CheckState::Failure) {
                    let form = "{} was red and is green on the same commit: it is flaky.";
                    self.about(newest, FindingCode::CheckFlaky, form);
                }
            }
            CheckState::Failure if self.is_red_on_target(context) => {
                let form = "{} is red, as it is on the target branch: {}.";
                self.about(newest, FindingCode::CheckRedOnTarget, form);
            }
            CheckState::Failure if newest.description.trim().is_empty() => {
                self.about(newest, FindingCode::CheckRed, "{} is red.");
            }
            CheckState::Failure => self.about(newest, FindingCode::CheckRed, "{} is red: {}."),
            CheckState::Pending if self.is_time_up() => {
                self.about(newest, FindingCode::CheckNotEnded, "{} has not ended in time.");
            }
            CheckState::Pending => self.waits_for.push(Sentence::of("{} to end", &[context])),
            CheckState::Skipped if is_required => {
                let form = "{} is required, and did not run: it was skipped.";
                self.about(newest, FindingCode::CheckMissing, form);
            }
            CheckState::Skipped => {}
            CheckState::Unknown => {
                let form = "{} says something that I do not know: {}.";
                self.about(newest, FindingCode::CheckUnknown, form);
            }
        }
    }

    /// As far as it has ended there: a head that was just merged says nothing yet.
    fn is_red_on_target(&self, context: &str) -> bool {
        let name = name_of(context);
        let on_head = |head: &BTreeMap<&str, &CommitStatus>| {
            let mut alike = head.iter().filter(|(other, _)| name_of(other) == name);
            let found = head.get(context).copied().or_else(|| Some(*alike.next()?.1));
            // How it ends on a head that was just pushed, nobody knows: that before it counts.
            Some(found?.state).filter(|state| *state != CheckState::Pending)
        };
        self.on_target.iter().find_map(on_head) == Some(CheckState::Failure)
    }

    fn is_time_up(&self) -> bool {
        self.facts.waited >= self.rules.checks_within
    }

    /// What the target carried and this commit does not: nobody required it.
    fn absent(&mut self, head: &BTreeMap<&str, Vec<&CommitStatus>>) {
        let ran = |status: &&&CommitStatus| status.state != CheckState::Skipped;
        let on_target: BTreeSet<&str> = self
            .on_target
            .iter()
            .flat_map(|head| head.values().filter(ran).map(|status| status.context.as_str()))
            .collect();
        let runs: BTreeSet<&str> = head.keys().map(|context| name_of(context)).collect();
        for context in on_target.into_iter().filter(|context| !runs.contains(name_of(context))) {
            let is_required = self.required.iter().any(|required| required.covers(context));
            let code = match self.rules.checks {
                ExpectedChecks::IfPresent if !is_required => FindingCode::CheckAbsent,
                ExpectedChecks::IfPresent | ExpectedChecks::Required => FindingCode::CheckMissing,
            };
            self.missing(context, code, "{} ran on the target branch, and did not run here.");
        }
    }

    fn nothing_ran(&mut self) {
        if self.is_time_up() {
            let said = match self.not_counted() {
                Some((what, foreign)) => {
                    Sentence::of(&format!("Checks are required; {what}."), &foreign)
                }
                None => Sentence::of("Checks are required, and none ran.", &[]),
            };
            self.add(FindingCode::NoChecks, said);
        } else {
            self.waits_for.push(Sentence::of("the first check to begin", &[]));
        }
    }

    fn missing(&mut self, context: &str, code: FindingCode, form: &str) {
        // What Actions say does not count, so there is nothing to wait for.
        match self.is_time_up() || self.facts.workflows_changed {
            true => self.add(code, Sentence::of(form, &[context])),
            false => self.waits_for.push(Sentence::of("{} to begin", &[context])),
        }
    }

    fn about(&mut self, status: &CommitStatus, code: FindingCode, form: &str) {
        let said = Sentence::of(form, &[&status.context, status.description.trim()]);
        let (context, url) = (status.context.clone(), status.target_url.clone());
        let link = EvidenceLink::Check(CheckLink { context, url, log: None });
        self.findings.push(GuardFinding::new(GuardName::Checks, code, said).at(link));
    }

    fn add(&mut self, code: FindingCode, said: Sentence) {
        self.findings.push(GuardFinding::new(GuardName::Checks, code, said));
    }

    /// What ran and does not count, as part of a sentence, and its foreign words.
    fn not_counted(&self) -> Option<(String, Vec<&'a str>)> {
        let (context, said) = self.unheeded.first_key_value()?;
        let newest = *said.last()?;
        let mut foreign = vec![*context];
        let why = match &newest.by {
            _ if is_trusted(newest, self.rules) => "its branch changes what they run",
            Some(by) => {
                foreign.push(&by.login);
                "{} is no trusted reporter"
            }
            None => "nobody knows who reports it",
        };
        let what = match self.unheeded.len() - 1 {
            0 => format!("{{}} ran, and does not count: {why}"),
            more => format!("{{}} and {more} more ran, and do not count: {why}"),
        };
        Some((what, foreign))
    }

    fn seen(&self) -> Sentence {
        match self.green.as_slice() {
            [] => match self.not_counted() {
                Some((what, foreign)) => Sentence::of(&what, &foreign),
                None => Sentence::of("no check ran, and none is required", &[]),
            },
            [one] => Sentence::of("{} is green", &[one]),
            [first, rest @ ..] => {
                Sentence::of(&format!("{{}} and {} more are green", rest.len()), &[first])
            }
        }
    }
}
