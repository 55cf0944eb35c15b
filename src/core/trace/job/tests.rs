use std::time::Duration;

use crate::core::jobs::money::{ChargeTerms, Spent, Usage};
use crate::core::jobs::{
    Act, AgentClaim, Draw, Failure, JobLimits, LeaseTerms, MergeRefusal, Origin, OutcomeDigest,
    PersonAnswer, Progress, ResultJudgement, Spec, Timeouts,
};
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::trace::job::*;
use crate::core::trace::{SpanId, SpanValue, TraceId};

const LEDGER: &str = "x7k2m4pq";
const MINUTE: Duration = Duration::from_secs(60);

/// A job and its history, a minute a step.
struct Told {
    first: Job,
    made: Timestamp,
    now: Job,
    steps: Vec<(JobStep, StepTime)>,
}

impl Told {
    fn new() -> Self {
        let made = Timestamp::from_micros(1_000_000_000_000);
        let spec = Spec {
            adopts: None,
            claims_by_card: false,
            crew: None,
            id: JobId(42),
            thread: ThreadId { repo: RepoId(1), number: 41 }.into(),
            purpose: Purpose::Code,
            role: "coder".to_owned(),
            origin: Origin::Person("alexander".to_owned()),
            limits: JobLimits::default(),
            budget: None,
        };
        let first = Job::new(spec, None, made);
        Self { now: first.clone(), first, made, steps: Vec::new() }
    }

    fn step(mut self, step: impl Into<JobStep>) -> Self {
        let last = self.steps.last().map_or(self.made, |(_, now)| now.at);
        let mut at = last.after(MINUTE);
        if let State::BackingOff(waits) = &self.now.state {
            at = at.max(waits.until);
        }
        let (step, now) = (step.into(), StepTime { at, chance: Draw(0) });
        self.now = advance(&self.now, &step, now).unwrap().0;
        self.steps.push((step, now));
        self
    }

    fn works(self, fence: i64) -> Self {
        let timeouts = Timeouts {
            start: MINUTE * 2,
            silence: MINUTE * 10,
            total: MINUTE * 60,
            stop: MINUTE * 2,
        };
        let bound = Spent { micro_usd: 600_000, tokens: 200_000, runs: 1 };
        let grant = LeaseTerms {
            fence: Fence(fence),
            agent: "ezra".to_owned(),
            family: None,
            timeouts,
            terms: ChargeTerms { price: None, bound },
            can_be_told: true,
        };
        self.step(Act::Lease(grant))
            .step(Act::Start(Fence(fence)))
            .step(JobEvent::Attempt(Fence(fence), Progress::Accepted))
    }

    fn delivers(self, fence: i64, verdict: Verdict) -> Self {
        let commit = "b".repeat(40).parse().ok();
        let claim = AgentClaim::PullRequest { number: Some(58), commit };
        let ended = Progress::Ended { claim, usage: Usage::NONE };
        self.works(fence).step(JobEvent::Attempt(Fence(fence), ended)).judged(verdict)
    }

    fn judged(self, verdict: Verdict) -> Self {
        let judgement = ResultJudgement {
            look: self.now.past.look,
            commit: "b".repeat(40).parse().ok(),
            pull: Some(58),
            verdict,
            digest: OutcomeDigest(format!("{verdict:?}")),
            change: None,
            examined: None,
            asks: None,
        };
        self.step(JobEvent::Judged(judgement))
    }

    fn spans_behind(&self, known: usize) -> Vec<Span> {
        let steps = self.steps.iter().map(|(step, now)| (step, *now));
        job_spans(LEDGER, (self.first.clone(), self.made), steps, known).unwrap()
    }
}

fn names(spans: &[Span]) -> Vec<&'static str> {
    spans.iter().map(|span| span.name).collect()
}

fn root() -> SpanId {
    Trace::of(LEDGER, TraceSubject::Job(JobId(42))).span_id("root")
}

#[test]
fn from_a_job_to_its_verdict_in_one_trace() {
    let told = Told::new().delivers(7, Verdict::Pass { ask: false });
    let spans = told.spans_behind(0);
    assert_eq!(names(&spans), ["match", "preflight", "run", "attempt", "verify", "job"]);
    let trace = TraceId::of(LEDGER, TraceSubject::Job(JobId(42)));
    assert!(spans.iter().all(|span| span.trace == trace && span.started <= span.ended));
    let by_name = |name| spans.iter().find(|span| span.name == name).unwrap();
    let (attempt, verify, job) = (by_name("attempt"), by_name("verify"), by_name("job"));
    assert_eq!((job.id, job.parent), (root(), None));
    assert_eq!((attempt.parent, verify.parent), (Some(root()), Some(root())));
    for part in ["preflight", "run"] {
        assert_eq!(by_name(part).parent, Some(attempt.id), "{part}");
    }
    assert_eq!(job.started, told.made);
    assert_eq!(job.ended, told.steps.last().unwrap().1.at);
    assert!(verify.facts.contains(&("timmy.verdict", SpanValue::Word("pass"))), "{verify:?}");
    assert!(job.facts.contains(&("timmy.state", SpanValue::Word("done"))), "{job:?}");
    assert!(spans.iter().all(|span| !span.has_failed), "{spans:?}");
}

/// What was told before a restart, and what after it, is what is told at once: each span is finished
/// by one step.
#[test]
fn whoever_stops_in_between_tells_the_rest_in_the_same_trace() {
    let told = Told::new().delivers(7, Verdict::Block).step(JobEvent::Due);
    let told = told.delivers(8, Verdict::Pass { ask: false });
    let whole = told.spans_behind(0);
    for known in 0..=told.steps.len() {
        let rest = told.spans_behind(known);
        assert_eq!(rest[..], whole[whole.len() - rest.len()..]);
    }
    each_has_an_id_of_its_own(&whole);
}

fn each_has_an_id_of_its_own(spans: &[Span]) {
    let mut ids: Vec<SpanId> = spans.iter().map(|span| span.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), spans.len(), "{spans:?}");
}

/// The root was told when it died. What it does from then on is told apart.
#[test]
fn a_job_that_is_tried_once_more_has_one_root() {
    let mut told = Told::new();
    for fence in 7..10 {
        let failure = Failure::Agent(OutcomeDigest(format!("in the way of {fence}")));
        let failed = Progress::Failed { failure, usage: Usage::NONE };
        told = told.works(fence).step(JobEvent::Attempt(Fence(fence), failed));
        if matches!(told.now.state, State::BackingOff(_)) {
            told = told.step(JobEvent::Due);
        }
    }
    assert!(matches!(told.now.state, State::Dead(_)), "{:?}", told.now.state);
    let known = told.steps.len();
    let died = told.spans_behind(0);
    let told = told.step(JobEvent::Retry(None)).delivers(10, Verdict::Pass { ask: false });
    let since = told.spans_behind(known);
    assert_eq!(names(&since), ["match", "preflight", "run", "attempt", "verify", "reopened"]);
    let reopened = since.last().unwrap();
    assert_eq!((reopened.parent, reopened.has_failed), (Some(root()), false));
    assert_eq!(reopened.started, told.steps[known].1.at);
    assert_eq!(reopened.ended, told.steps.last().unwrap().1.at);
    let whole = told.spans_behind(0);
    assert_eq!(whole[..died.len()], died[..]);
    each_has_an_id_of_its_own(&whole);
}

#[test]
fn what_was_accepted_and_not_merged_has_one_root() {
    let told = Told::new().delivers(7, Verdict::Pass { ask: true });
    let asked = told.now.past.asked;
    let told = told.step(JobEvent::Decided(asked, PersonAnswer::Yes));
    assert_eq!(told.now.state, State::Done(Done::Accepted));
    let known = told.steps.len();
    let told = told.step(JobEvent::NotMerged(MergeRefusal::HeadMoved));
    let told = told.judged(Verdict::Pass { ask: false });
    assert_eq!(names(&told.spans_behind(known)), ["verify", "reopened"]);
    let whole = told.spans_behind(0);
    assert_eq!(whole.iter().filter(|span| span.parent.is_none()).count(), 1);
    each_has_an_id_of_its_own(&whole);
}

#[test]
fn a_round_of_repair_is_an_attempt_that_says_so() {
    let told = Told::new().delivers(7, Verdict::Block).step(JobEvent::Due);
    let told = told.delivers(8, Verdict::Pass { ask: false });
    let spans = told.spans_behind(0);
    let rounds: Vec<&SpanValue> = spans
        .iter()
        .filter(|span| span.name == "attempt")
        .flat_map(|span| &span.facts)
        .filter_map(|(key, value)| (*key == "timmy.repair_round").then_some(value))
        .collect();
    assert_eq!(rounds, [&SpanValue::Number(0), &SpanValue::Number(1)]);
    let failed: Vec<&str> =
        spans.iter().filter(|span| span.has_failed).map(|span| span.name).collect();
    assert_eq!(failed, ["verify"], "what was blocked: {spans:?}");
}

#[test]
fn an_attempt_that_failed_says_so() {
    let failed = Progress::Failed {
        failure: Failure::Agent(OutcomeDigest("ran out of turns".to_owned())),
        usage: Usage::NONE,
    };
    let told = Told::new().works(7).step(JobEvent::Attempt(Fence(7), failed));
    let spans = told.spans_behind(0);
    let attempt = spans.iter().find(|span| span.name == "attempt").unwrap();
    assert!(attempt.has_failed);
    assert!(attempt.facts.contains(&("timmy.end", SpanValue::Word("failed"))), "{attempt:?}");
    assert!(!format!("{spans:?}").contains("turns"), "no word of what the agent says");
}

/// What an agent's host saw, and a guard, belongs to spans that the ledger tells of.
#[test]
fn what_was_seen_elsewhere_lies_below_what_the_ledger_tells() {
    let told = Told::new().delivers(7, Verdict::Pass { ask: false });
    let spans = told.spans_behind(0);
    let by_name = |name| spans.iter().find(|span| span.name == name).unwrap();
    let times = (told.made, told.made.after(MINUTE));
    let clone = attempt_span(LEDGER, (JobId(42), Fence(7)), "clone", times);
    assert_eq!((clone.trace, clone.parent), (by_name("job").trace, Some(by_name("attempt").id)));
    let guard = guard_span(LEDGER, (JobId(42), told.now.past.look), ("guard", "tests"), times);
    assert_eq!(guard.parent, Some(by_name("verify").id));
}
