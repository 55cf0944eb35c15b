//! What CI says, and whom one can believe.

use std::time::Duration;

use timmy::core::guards::{
    CannotBeRead, CheckFacts, ExpectedChecks, GuardResult, GuardRules, checks,
};
use timmy::core::model::account::Account;
use timmy::core::model::commit_status::{CheckState, CommitStatus};

use CheckState::{Failure, Pending, Skipped, Success, Unknown, Warning};

/// The facts and the rules of one case.
pub struct CheckCase {
    facts: CheckFacts,
    rules: GuardRules,
}

impl Default for CheckCase {
    fn default() -> Self {
        let facts = CheckFacts {
            statuses: Ok(Vec::new()),
            required: Ok(Vec::new()),
            on_target: Vec::new(),
            waited: Duration::ZERO,
            workflows_changed: false,
        };
        Self { facts, rules: GuardRules::default() }
    }
}

impl CheckCase {
    pub fn judged(&self) -> GuardResult {
        checks(&self.facts, &self.rules)
    }

    /// One more thing that was said of the commit, by a trusted reporter.
    fn said(self, context: &str, state: CheckState) -> Self {
        self.said_by("gitea-actions", context, state)
    }

    fn said_by(mut self, login: &str, context: &str, state: CheckState) -> Self {
        let statuses = self.facts.statuses.as_mut().unwrap();
        statuses.push(status(statuses.len(), login, context, state));
        self
    }

    fn described(mut self, description: &str) -> Self {
        let last = self.facts.statuses.as_mut().unwrap().last_mut().unwrap();
        description.clone_into(&mut last.description);
        self
    }

    /// One more head of the target, older than those before.
    fn on_target(mut self, said: &[(&str, CheckState)]) -> Self {
        let head = said.iter().map(|(context, state)| status(0, "gitea-actions", context, *state));
        self.facts.on_target.push(head.collect());
        self
    }

    fn requires(mut self, pattern: &str) -> Self {
        self.facts.required.as_mut().unwrap().push(pattern.to_owned());
        self
    }

    fn required(mut self) -> Self {
        self.rules.checks = ExpectedChecks::Required;
        self
    }

    fn waited(mut self) -> Self {
        self.facts.waited = self.rules.checks_within;
        self
    }

    fn workflows_changed(mut self) -> Self {
        self.facts.workflows_changed = true;
        self
    }

    fn unread(mut self) -> Self {
        self.facts.statuses = Err(CannotBeRead::NotTold);
        self
    }
}

pub fn status(id: usize, login: &str, context: &str, state: CheckState) -> CommitStatus {
    CommitStatus {
        id: i64::try_from(id).unwrap(),
        context: context.to_owned(),
        state,
        by: Some(Account { id: -2, login: login.to_owned() }),
        description: String::new(),
        target_url: "https://git.example.org/log".to_owned(),
        at: None,
    }
}

/// What is to be found of a case, and how it is made.
pub type Expected = (&'static str, fn(CheckCase) -> CheckCase);

/// What is caught, by its code.
pub const RED: &[Expected] = &[
    ("check_red", |case| case.said("ci/test", Failure)),
    ("check_red", |case| case.said("ci/test", Success).said("ci/test", Failure)),
    ("check_red", |case| case.said("ci/test", Failure).on_target(&[("ci/test", Success)])),
    ("check_red", |case| case.said("ci/test", Failure).said_by("ezra", "ci/test", Success)),
    ("check_red_on_target", |case| {
        case.said("ci/test", Failure).on_target(&[("ci/test", Failure)])
    }),
    ("check_red_on_target", |case| {
        case.said("ci / test (pull_request)", Failure).on_target(&[("ci / test (push)", Failure)])
    }),
    ("check_red", |case| {
        case.said("ci / test (pull_request)", Failure).on_target(&[("ci / lint (push)", Failure)])
    }),
    ("check_red_on_target", |case| {
        let case = case.said("ci/test", Failure);
        case.on_target(&[("ci/test", Pending)]).on_target(&[("ci/test", Failure)])
    }),
    ("check_flaky", |case| case.said("ci/test", Failure).said("ci/test", Success)),
    ("check_not_ended", |case| case.said("ci/test", Pending).waited()),
    ("check_missing", |case| case.requires("ci/*").waited()),
    ("check_missing", |case| case.requires("ci/*").said_by("ezra", "ci/test", Success).waited()),
    ("check_missing", |case| case.requires("ci/*").said("ci/test", Skipped)),
    ("check_missing", |case| case.required().on_target(&[("ci/test", Success)]).waited()),
    ("check_absent", |case| case.on_target(&[]).on_target(&[("ci/test", Success)]).waited()),
    ("no_checks", |case| case.required().waited()),
    ("no_checks", |case| case.required().said("timmy/verify", Success).waited()),
    ("check_ran_nothing", |case| case.said("ci/test", Success).described("0 tests ran")),
    ("check_unknown", |case| case.said("ci/test", Unknown)),
    ("checks_prove_nothing", |case| case.said("ci/test", Success).workflows_changed()),
    ("check_missing", |case| case.requires("ci/test").said("ci/test", Success).workflows_changed()),
    ("cannot_be_read", CheckCase::unread),
];

/// What passes, and what is waited for.
const GREEN: &[Expected] = &[
    ("", |case| case),
    ("", |case| case.said("ci/test", Success)),
    ("", |case| case.said("ci/test", Warning).said("ci/lint", Skipped)),
    ("", |case| case.said("ci/test", Pending).said("ci/test", Success).required()),
    ("", |case| case.said("timmy/verify", Failure).said_by("ezra", "ci/fake", Failure)),
    ("", |case| case.requires("ci/*").said("ci/test / unit (push)", Success)),
    ("", |case| case.requires("timmy/verify").requires("timmy/*").waited()),
    ("", |case| case.requires("ci/[").said("ci/[", Success)),
    ("", |case| case.on_target(&[("ci/test", Skipped)]).waited()),
    ("", |case| {
        let case = case.said("ci / test (pull_request)", Success);
        case.on_target(&[("ci / test (push)", Success), ("ci / test (push)", Success)])
    }),
    ("`ci / lint (push)` to begin", |case| {
        let case = case.said("ci / test (pull_request)", Success);
        case.on_target(&[("ci / lint (push)", Success), ("ci / test (push)", Success)])
    }),
    ("`ci/test` to end", |case| case.said("ci/test", Pending)),
    ("`ci/*` to begin", |case| case.requires("ci/*")),
    ("`*` to begin", |case| case.requires("*").said("timmy/verify", Success)),
    ("`ci/test` to begin", |case| case.on_target(&[("ci/test", Success)])),
    ("the first check to begin", CheckCase::required),
];

#[test]
fn what_is_not_green_is_caught() {
    for (n, (code, case)) in RED.iter().enumerate() {
        let result = case(CheckCase::default()).judged();
        let codes: Vec<_> = result.findings.iter().map(|finding| finding.code.name()).collect();
        assert!(codes.contains(code), "case {n}: {codes:?} for {code}");
    }
}

#[test]
fn what_has_not_ended_is_waited_for_and_the_rest_passes() {
    for (n, (waits, case)) in GREEN.iter().enumerate() {
        let result = case(CheckCase::default()).judged();
        let waits_for: Vec<_> = result.waits_for.iter().map(|w| w.plain()).collect();
        assert_eq!((result.findings.len(), waits_for.join(", ").as_str()), (0, *waits), "case {n}");
    }
}

#[test]
fn what_ran_and_does_not_count_is_named() {
    let by_ezra = || CheckCase::default().said_by("ezra", "ci/test", Success);
    let says = "`ci/test` ran, and does not count: `ezra` is no trusted reporter";
    for (case, seen) in [
        (CheckCase::default(), "no check ran, and none is required"),
        (
            CheckCase::default().said_by("ezra", "timmy/verify", Success),
            "no check ran, and none is required",
        ),
        (by_ezra(), says),
        (
            by_ezra().said_by("walt", "ci/lint", Failure),
            "`ci/lint` and 1 more ran, and do not count: `walt` is no trusted reporter",
        ),
        (by_ezra().said("ci/lint", Success), "`ci/lint` is green"),
        (by_ezra().said("ci/test", Success), "`ci/test` is green"),
    ] {
        assert_eq!(case.judged().seen.plain(), seen);
    }
    let required = by_ezra().required().waited().judged();
    let said: Vec<_> = required.findings.iter().map(|finding| finding.said.plain()).collect();
    assert_eq!(said, [format!("Checks are required; {says}.")]);
}

#[test]
fn the_55th_of_60_is_seen() {
    let all = (1..=60).fold(CheckCase::default(), |case, n| {
        case.said(&format!("ci/{n}"), if n == 55 { Failure } else { Success })
    });
    let result = all.judged();
    let said: Vec<_> = result.findings.iter().map(|finding| finding.said.plain()).collect();
    assert_eq!(said, ["`ci/55` is red."]);
    assert_eq!(result.seen.plain(), "`ci/1` and 58 more are green");
}

#[test]
fn hundreds_that_are_red_are_counted() {
    let all = (0..500).fold(CheckCase::default(), |case, n| case.said(&format!("ci/{n}"), Failure));
    let result = all.judged();
    assert_eq!(result.findings.len(), 21);
    assert_eq!(result.findings[20].said.plain(), "480 more of the kind.");
}
