//! What people are asked before an attempt begins.
//!
//! A yes covers one agent, one text of the issue and one sum. While all of it is so, each attempt of
//! the job begins unasked: one that is lost, or a round of repair, is no other work.
//!
//! Where something dangerous may come up (the role devops, an issue that names protected paths), the
//! agent should ask before it does that. One that was not seen to ask begins there only with a yes to a
//! question that says so, whatever else is configured: what such a yes lifts was shown. One that was given
//! while the agent was seen to ask does not cover the gateway that was started since.
//!
//! Who assigned an issue is asked like anybody else, also if they may say yes: nothing of what a yes
//! covers was shown when they wrote it, and `assign` is heard where no yes is (in the text of an
//! issue, in an edit, as a gesture in the forge's own page).

use super::job::Job;
use super::money::{BudgetScope, Ceiling, Spent};
use super::start_terms::{StartProposal, StartReason, StartTerms};
use crate::core::guards::is_protected;
use crate::core::model::glob::Glob;
use crate::core::model::issue::{DEVOPS, NamedPaths, TextDigest, is_dangerous};

/// The most protected paths that are told.
const MOST_PATHS: usize = 5;

/// What makes a person be asked before an attempt begins.
#[derive(Debug, Clone, Default)]
pub struct StartRules {
    /// Work of the role devops.
    pub devops: bool,
    /// That the issue names what is protected.
    pub protected: bool,
    /// That the issue may come to cost more than this, in millionths of a US dollar.
    pub over: Option<u64>,
    /// What is protected beside what steers agents or CI, whether or not that is asked about.
    pub paths: Vec<Glob>,
}

/// An attempt that could begin now.
#[derive(Debug, Clone, Copy)]
pub struct StartFacts<'a> {
    pub agent: &'a str,
    /// It was not seen to ask before it does something dangerous.
    pub cannot_ask: bool,
    pub text: Option<TextDigest>,
    /// A person said yes to the plan that it is part of, and to another text.
    pub is_beside_its_plan: bool,
    /// The paths that the text names.
    pub named: &'a NamedPaths,
    /// What was spent or is set aside for the issue.
    pub spent: Spent,
    /// What the attempt may cost.
    pub bound: Spent,
    /// What any issue may cost unasked, as it is configured.
    pub configured: Ceiling,
    /// What the owner lets this one cost at least, as long as the job has not ended.
    pub raised: Ceiling,
}

/// What the issue of a job may cost: what is configured, or less where whoever wanted the job said so;
/// more with a person's yes to that, or by the owner's word.
pub fn issue_budget(job: &Job, configured: Ceiling, raised: Ceiling) -> Ceiling {
    let allowed = job.past.allowed.as_ref().map(|terms| terms.budget);
    allowed.unwrap_or_else(|| unasked(job, configured)).at_least(raised)
}

/// What it may cost without any question.
fn unasked(job: &Job, configured: Ceiling) -> Ceiling {
    job.spec.budget.map_or(configured, |of_job| configured.and(of_job))
}

/// What has to be asked before an attempt of `job` begins; none if it may begin.
pub fn proposal(job: &Job, facts: &StartFacts<'_>, rules: &StartRules) -> Option<StartProposal> {
    let StartFacts { agent, text, spent, bound, configured, raised, .. } = *facts;
    let unasked = unasked(job, configured).at_least(raised);
    let allowed = job.past.allowed.as_ref();
    let allowed = allowed.filter(|terms| terms.agent == agent && terms.text == text);
    let budget = allowed.map_or(unasked, |terms| terms.budget.at_least(raised));
    let short = budget.shortage(BudgetScope::Issue, spent, bound);
    let cannot_ask = facts.cannot_ask
        && is_dangerous(&job.spec.role, names_protected(facts.named, &rules.paths));
    let is_covered = allowed.is_some_and(|terms| terms.cannot_ask || !cannot_ask);
    if is_covered && short.is_none() {
        return None;
    }
    let mut reasons = match allowed {
        Some(_) => Vec::new(),
        None => reasons(job, facts, rules),
    };
    reasons.extend(cannot_ask.then_some(StartReason::CannotAsk));
    reasons.extend(short.map(StartReason::Budget));
    if reasons.is_empty() {
        return None;
    }
    let budget = budget.raised(unasked, spent, bound);
    let terms = StartTerms { agent: agent.to_owned(), text, budget, cannot_ask };
    Some(StartProposal { terms, reasons, configured: configured.at_least(raised) })
}

fn reasons(job: &Job, facts: &StartFacts<'_>, rules: &StartRules) -> Vec<StartReason> {
    let role = &job.spec.role;
    // What a crew does outside is asked about apart from its plan, whatever is configured.
    let devops = (rules.devops || job.spec.crew.is_some()) && role == DEVOPS;
    let devops = devops.then_some(StartReason::Devops);
    let replanned = facts.is_beside_its_plan.then_some(StartReason::Replanned);
    let protected = rules.protected.then(|| protected(facts.named, &rules.paths)).flatten();
    let may_cost = facts.spent.plus(facts.bound).micro_usd;
    let costly = rules.over.filter(|over| may_cost > *over);
    let costly = costly.map(|over| StartReason::Costly { may_cost, over });
    [devops, replanned, protected, costly].into_iter().flatten().collect()
}

/// Whether a text names what is protected, or more than is read; `globs`: what is configured as
/// protected.
pub fn names_protected(named: &NamedPaths, globs: &[Glob]) -> bool {
    protected(named, globs).is_some()
}

fn protected(named: &NamedPaths, globs: &[Glob]) -> Option<StartReason> {
    let protected = named.paths.iter().filter(|path| is_protected(path, globs));
    let protected: Vec<String> = protected.take(MOST_PATHS).cloned().collect();
    match (protected.is_empty(), named.is_cut) {
        (false, _) => Some(StartReason::Protected(protected)),
        (true, true) => Some(StartReason::TooManyPaths),
        (true, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::ask_first::*;
    use crate::core::jobs::money::BudgetUnit;
    use crate::core::jobs::{JobId, JobLimits, Origin, Purpose, Spec};
    use crate::core::model::ids::{RepoId, ThreadId};
    use crate::core::model::time::Timestamp;

    fn job(role: &str) -> Job {
        let spec = Spec {
            id: JobId(1),
            thread: ThreadId { repo: RepoId(1), number: 1 }.into(),
            purpose: Purpose::Code,
            role: role.to_owned(),
            origin: Origin::Person("anna".to_owned()),
            limits: JobLimits::default(),
            budget: None,
            adopts: None,
            claims_by_card: false,
            crew: None,
        };
        Job::new(spec, None, Timestamp::from_micros(0))
    }

    fn usd(micro_usd: u64) -> Spent {
        Spent { micro_usd, tokens: 0, runs: 0 }
    }

    fn at_most(micro_usd: u64) -> Ceiling {
        Ceiling { micro_usd: Some(micro_usd), ..Ceiling::default() }
    }

    fn rules() -> StartRules {
        let paths = vec![Glob::new("deploy/**").expect("a pattern")];
        StartRules { devops: true, protected: true, over: Some(5), paths }
    }

    const NOTHING: &NamedPaths = &NamedPaths { paths: Vec::new(), is_cut: false };

    fn facts(named: &NamedPaths) -> StartFacts<'_> {
        let text = Some(TextDigest([1; 32]));
        let (spent, bound, configured) = (usd(0), usd(1), at_most(9));
        let is_beside_its_plan = false;
        let raised = Ceiling::default();
        StartFacts {
            agent: "ezra",
            cannot_ask: false,
            text,
            is_beside_its_plan,
            named,
            spent,
            bound,
            configured,
            raised,
        }
    }

    fn reasons_of(job: &Job, facts: &StartFacts<'_>) -> Vec<StartReason> {
        proposal(job, facts, &rules()).map(|proposal| proposal.reasons).unwrap_or_default()
    }

    #[test]
    fn each_reason_counts_and_without_one_nobody_is_asked() {
        let none: [StartReason; 0] = [];
        assert_eq!(reasons_of(&job("coder"), &facts(NOTHING)), none);
        assert_eq!(reasons_of(&job("devops"), &facts(NOTHING)), [StartReason::Devops]);
        let paths = ["src/a.rs", "deploy/prod.yml", "deploy", "CLAUDE.md"].map(str::to_owned);
        let named = NamedPaths { paths: paths.to_vec(), is_cut: true };
        let protected = StartReason::Protected(paths[1..].to_vec());
        assert_eq!(reasons_of(&job("coder"), &facts(&named)), [protected]);
        let many = NamedPaths { paths: Vec::new(), is_cut: true };
        assert_eq!(reasons_of(&job("coder"), &facts(&many)), [StartReason::TooManyPaths]);
        let dear = StartFacts { spent: usd(4), bound: usd(2), ..facts(NOTHING) };
        let costly = StartReason::Costly { may_cost: 6, over: 5 };
        assert_eq!(reasons_of(&job("coder"), &dear), [costly]);
        let beside = StartFacts { is_beside_its_plan: true, ..facts(NOTHING) };
        assert_eq!(reasons_of(&job("coder"), &beside), [StartReason::Replanned]);
        let off = proposal(&job("devops"), &dear, &StartRules::default());
        assert_eq!(off, None, "nothing is asked that nobody wants asked");
    }

    #[test]
    fn who_cannot_ask_begins_what_is_dangerous_with_a_yes_to_just_that() {
        let unasked = StartRules { paths: rules().paths, ..StartRules::default() };
        let unseen = StartFacts { cannot_ask: true, ..facts(NOTHING) };
        assert_eq!(proposal(&job("coder"), &unseen, &unasked), None, "nothing dangerous in it");
        let deploys = NamedPaths { paths: vec!["deploy/prod.yml".to_owned()], is_cut: false };
        let dangerous = StartFacts { cannot_ask: true, ..facts(&deploys) };
        for (role, facts) in [("devops", &unseen), ("coder", &dangerous)] {
            let asked = proposal(&job(role), facts, &unasked).expect("a question");
            assert_eq!(asked.reasons, [StartReason::CannotAsk], "whatever is configured");
        }
        let mut job = job("devops");
        let before = proposal(&job, &facts(NOTHING), &rules()).expect("a question");
        job.past.allowed = Some(before.terms);
        assert_eq!(reasons_of(&job, &unseen), [StartReason::CannotAsk], "that was not shown");
        job.past.allowed = proposal(&job, &unseen, &rules()).map(|asked| asked.terms);
        assert_eq!(proposal(&job, &unseen, &rules()), None);
        assert_eq!(proposal(&job, &facts(NOTHING), &rules()), None, "it asks meanwhile");
    }

    #[test]
    fn a_yes_covers_its_agent_its_text_and_its_sum() {
        let mut job = job("devops");
        let asked = proposal(&job, &facts(NOTHING), &rules()).expect("a question");
        assert_eq!(asked.terms.budget, at_most(9));
        job.past.allowed = Some(asked.terms);
        assert_eq!(proposal(&job, &facts(NOTHING), &rules()), None);
        let dear = StartFacts { spent: usd(8), ..facts(NOTHING) };
        assert_eq!(proposal(&job, &dear, &rules()), None, "the sum was shown");
        let text = Some(TextDigest([2; 32]));
        for other in [
            StartFacts { agent: "bezalel", ..facts(NOTHING) },
            StartFacts { text, ..facts(NOTHING) },
            StartFacts { text: None, ..facts(NOTHING) },
        ] {
            assert_eq!(reasons_of(&job, &other), [StartReason::Devops], "{other:?}");
        }
        let beside = StartFacts { is_beside_its_plan: true, ..facts(NOTHING) };
        assert_eq!(proposal(&job, &beside, &rules()), None, "that text was shown since");
        let over = StartFacts { spent: usd(9), ..facts(NOTHING) };
        let more = proposal(&job, &over, &rules()).expect("a question");
        assert!(matches!(more.reasons[..], [StartReason::Budget(_)]), "{more:?}");
    }

    #[test]
    fn a_yes_gives_one_more_budget_of_that_size_and_never_less_than_is_needed() {
        let mut job = job("coder");
        let spent =
            |spent| StartFacts { spent: usd(spent), configured: at_most(4), ..facts(NOTHING) };
        let asked = proposal(&job, &spent(4), &StartRules::default()).expect("a question");
        let shortage = asked.shortage().expect("a shortage");
        assert_eq!((shortage.unit, shortage.most, shortage.spent), (BudgetUnit::MicroUsd, 4, 4));
        assert_eq!((asked.terms.budget, asked.configured), (at_most(8), at_most(4)));
        job.past.allowed = Some(asked.terms);
        assert_eq!(proposal(&job, &spent(7), &StartRules::default()), None);
        let again = proposal(&job, &spent(8), &StartRules::default()).expect("a question");
        assert_eq!(again.terms.budget, at_most(12));
        let needs = StartFacts { bound: usd(10), ..spent(3) };
        let asked = proposal(&job, &needs, &StartRules::default()).expect("a question");
        assert_eq!(asked.terms.budget, at_most(13), "as much as the attempt may take");
    }

    #[test]
    fn what_a_person_allowed_for_the_job_is_a_budget_as_well() {
        let mut job = job("coder");
        job.spec.budget = Some(Ceiling { runs: Some(1), ..Ceiling::default() });
        let run = Spent { runs: 1, ..usd(1) };
        let again = StartFacts { spent: run, bound: run, ..facts(NOTHING) };
        let asked = proposal(&job, &again, &rules()).expect("a question");
        assert_eq!(asked.terms.budget, Ceiling { runs: Some(2), ..at_most(9) });
    }

    #[test]
    fn the_owners_word_raises_what_the_issue_may_cost_and_never_lowers_it() {
        let mut job = job("coder");
        job.spec.budget = Some(at_most(2));
        let unasked = StartRules::default();
        let spent = StartFacts { spent: usd(5), configured: at_most(4), ..facts(NOTHING) };
        assert!(proposal(&job, &spent, &unasked).is_some());
        let raised = StartFacts { raised: at_most(6), ..spent };
        assert_eq!(proposal(&job, &raised, &unasked), None);
        assert_eq!(issue_budget(&job, at_most(4), at_most(6)), at_most(6));
        assert_eq!(issue_budget(&job, at_most(4), at_most(1)), at_most(2));
        let over = StartFacts { spent: usd(6), ..raised };
        let asked = proposal(&job, &over, &unasked).expect("a question");
        assert_eq!((asked.terms.budget, asked.configured), (at_most(12), at_most(6)));
        job.past.allowed = Some(asked.terms);
        assert_eq!(proposal(&job, &over, &unasked), None, "a yes goes beyond it");
        assert_eq!(issue_budget(&job, at_most(4), at_most(6)), at_most(12));
    }
}
