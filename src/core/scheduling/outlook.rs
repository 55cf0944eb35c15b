//! What is next, and why the rest is not.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::ranked_backlog::RankedBacklog;
use crate::core::model::due_day::DueDay;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::thread::ThreadTitle;
use crate::core::scheduling::{Beginning, Ineligible, MILLION, RankedIssue, SuggestReason};

/// How many issues are named.
pub const NEXT: usize = 5;

/// The backlog in a few lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outlook {
    /// The best of what may be handed out.
    pub next: Vec<NextIssue>,
    /// Others that an agent would get now.
    pub also: Vec<NextIssue>,
    /// How many more may be.
    pub more: usize,
    /// How many may not, by the firmest reason; the most frequent first.
    pub others: Vec<(Ineligible, usize)>,
    /// What starts by itself, if that is wished anywhere.
    pub auto: Option<AutoOutlook>,
}

/// What starts by itself, and what does not although it is wished.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AutoOutlook {
    /// How many jobs were begun so today, of how many.
    pub started: u32,
    pub most: u32,
    /// Where auto acts as suggest.
    pub suggests: Vec<ActsAsSuggest>,
    /// How many of the issues that agents would get there wait for a word, by reason.
    pub held_back: Vec<(SuggestReason, usize)>,
}

/// A place where auto acts as suggest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActsAsSuggest {
    /// The repository; none for all.
    pub place: Option<String>,
    /// The agent; none for all.
    pub agent: Option<String>,
    pub reason: SuggestReason,
}

/// An issue that is next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextIssue {
    /// Which, in full.
    pub thread: String,
    /// Its title, as people wrote it.
    pub title: String,
    /// What it is worth, with one decimal.
    pub points: String,
    /// Whether it goes before all that are not p0.
    pub is_p0: bool,
    /// The day on which it is due.
    pub due: Option<String>,
    /// The agent that would get it now.
    pub agent: Option<String>,
    /// Whether it starts by itself.
    pub starts: bool,
}

/// The best of a backlog, and what agents would get: what has to be looked up for [`Outlook::of`].
pub fn best(backlog: &RankedBacklog, may_name: impl Fn(RepoId) -> bool) -> BTreeSet<ThreadId> {
    let named = |thread: &ThreadId| may_name(thread.repo);
    let ready = backlog.ranking.ready.iter().map(|standing| standing.thread);
    let mut best: BTreeSet<ThreadId> = ready.filter(named).take(NEXT).collect();
    let others = won(backlog).filter(|thread| named(thread) && !best.contains(thread));
    let others: Vec<ThreadId> = others.take(NEXT).collect();
    best.extend(others);
    best
}

/// What agents would get, the most valuable first.
fn won(backlog: &RankedBacklog) -> impl Iterator<Item = ThreadId> {
    let won = backlog.choices().iter().filter(|choice| choice.winner.is_some());
    won.map(|choice| choice.thread)
}

impl Outlook {
    /// A backlog in a few lines, as far as one `may_name` of repositories. What has no title is
    /// counted and not named.
    pub fn of(
        backlog: &RankedBacklog,
        may_name: impl Fn(RepoId) -> bool,
        titles: &HashMap<ThreadId, ThreadTitle>,
    ) -> Self {
        let told = |standing: &&RankedIssue| may_name(standing.thread.repo);
        let ready = || backlog.ranking.ready.iter().filter(told);
        let winner = |thread: ThreadId| backlog.choice(thread)?.winner.as_ref();
        let issue = |standing: &RankedIssue| {
            let title = titles.get(&standing.thread)?;
            let winner = winner(standing.thread);
            let agent = winner.map(|winner| winner.agent.clone());
            let starts = winner.is_some_and(|winner| winner.beginning == Beginning::ByItself);
            Some(NextIssue { agent, starts, ..next(backlog, standing, title) })
        };
        let next: Vec<NextIssue> = ready().take(NEXT).filter_map(issue).collect();
        let won: HashSet<ThreadId> = won(backlog).collect();
        let is_won = |standing: &&RankedIssue| won.contains(&standing.thread);
        let also = ready().skip(NEXT).filter(is_won).filter_map(issue).take(NEXT);
        let also: Vec<NextIssue> = also.collect();
        let others = backlog.ranking.behind(|standing| told(&standing));
        let more = ready().count() - next.len() - also.len();
        Self { more, next, also, others, auto: None }
    }

    /// The same without saying who would get what.
    pub fn suggest_nothing(&mut self) {
        for next in &mut self.next {
            next.agent = None;
        }
        self.more += self.also.len();
        self.also.clear();
    }

    /// Whether there is no backlog at all.
    pub fn is_empty(&self) -> bool {
        self.next.is_empty() && self.more == 0 && self.others.is_empty()
    }

    /// How many are named, as a word; one is not counted.
    pub(in crate::core) fn many(&self) -> &'static str {
        ["", "one", "two", "three", "four", "five"].get(self.next.len()).unwrap_or(&"")
    }

    /// `71 more are ready; 49 are not: 31 blocked, 12 without scope, 6 on hold.`
    pub(in crate::core) fn rest(&self) -> String {
        let not: usize = self.others.iter().map(|(_, count)| count).sum();
        let reasons: Vec<String> =
            self.others.iter().map(|(why, count)| format!("{count} {}", why.said())).collect();
        let is = |count: usize| if count == 1 { "is" } else { "are" };
        let ready = match (self.more, self.next.is_empty()) {
            (0, _) => None,
            (more, true) => Some(format!("{more} {} ready", is(more))),
            (more, false) => Some(format!("{more} more {} ready", is(more))),
        };
        let what = if self.more == 0 { "not ready" } else { "not" };
        let waiting =
            (not > 0).then(|| format!("{not} {} {what}: {}", is(not), reasons.join(", ")));
        let parts: Vec<String> = ready.into_iter().chain(waiting).collect();
        if parts.is_empty() { String::new() } else { format!("{}.", parts.join("; ")) }
    }
}

impl AutoOutlook {
    /// What starts by itself in the repositories that have a `name` here; none if nothing is to
    /// start anywhere.
    pub fn of(backlog: &RankedBacklog, name: impl Fn(RepoId) -> Option<String>) -> Option<Self> {
        let auto = &backlog.setting.roster.auto;
        if auto.state.since.is_empty() {
            return None;
        }
        let everywhere = auto.state.everywhere.into_iter();
        let mut suggests: Vec<ActsAsSuggest> =
            everywhere.map(|reason| ActsAsSuggest { place: None, agent: None, reason }).collect();
        let red = auto.state.red.iter().map(|repo| (*repo, SuggestReason::DefaultBranchRed));
        let of_repos = auto.state.repos.iter().map(|(repo, reason)| (*repo, *reason)).chain(red);
        suggests.extend(of_repos.filter_map(|(repo, reason)| {
            Some(ActsAsSuggest { place: Some(name(repo)?), agent: None, reason })
        }));
        for (agent, repos) in &auto.state.pairs {
            suggests.extend(repos.iter().filter_map(|(repo, reason)| {
                let (place, agent) = (Some(name(*repo)?), Some(agent.clone()));
                Some(ActsAsSuggest { place, agent, reason: *reason })
            }));
        }
        let mut held_back: BTreeMap<SuggestReason, usize> = BTreeMap::new();
        let told = backlog.choices().iter().filter(|choice| name(choice.thread.repo).is_some());
        for winner in told.filter_map(|choice| choice.winner.as_ref()) {
            if let Beginning::HeldBack(reason) = winner.beginning {
                *held_back.entry(reason).or_default() += 1;
            }
        }
        let (most, left) = (auto.starts_per_day, auto.starts_left);
        let held_back = held_back.into_iter().collect();
        Some(Self { started: most.saturating_sub(left), most, suggests, held_back })
    }
}

fn next(backlog: &RankedBacklog, standing: &RankedIssue, title: &ThreadTitle) -> NextIssue {
    let tenths = (standing.score.points + MILLION / 20) / (MILLION / 10);
    let due_at = backlog.facts(standing.thread).and_then(|facts| facts.due_at);
    let day = |due: DueDay| due.date().strftime("%a %-d %b %Y").to_string();
    NextIssue {
        thread: format!("{}#{}", title.repo.name, standing.thread.number),
        title: title.title.clone(),
        points: format!("{}.{}", tenths / 10, tenths % 10),
        is_p0: standing.is_p0,
        due: due_at.map(day),
        agent: None,
        starts: false,
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::core::model::repository::Repo;
    use crate::core::scheduling::outlook::*;
    use crate::core::scheduling::testing::{UTC, facts, now, rules, thread};
    use crate::core::scheduling::{IssueFacts, Limits, RankingInput, Readiness, Roster};

    fn ranked(facts: Vec<IssueFacts>) -> RankedBacklog {
        let limits = Limits {
            per_host: 4,
            per_repository: 3,
            reviews_waiting: 5,
            minimum: 0,
            issue_micro_usd: None,
            pools: Vec::new(),
        };
        let (pauses, roster) = (Vec::new(), Roster::idle(Vec::new(), limits));
        RankedBacklog::new(
            facts,
            RankingInput { now: now(), zone: UTC, rules: rules(), pauses, roster },
        )
    }

    fn title(number: i64) -> (ThreadId, ThreadTitle) {
        let name = "foundation/door".parse().expect("a name");
        let repo = Repo { id: RepoId(1), name, private: false };
        (thread(number), ThreadTitle { repo, title: "The hinge".to_owned(), is_pull: false })
    }

    fn without_scope(number: i64) -> IssueFacts {
        IssueFacts { readiness: Readiness::default(), ..facts(number) }
    }

    #[test]
    fn the_best_are_named_and_the_rest_is_counted() {
        let waits = |number| IssueFacts { waits_for: vec![thread(1)], ..facts(number) };
        let due_at = DueDay::written_in("2026-11-27T23:59:59Z");
        let mut all: Vec<IssueFacts> = (2..=7).map(facts).collect();
        all.push(IssueFacts { due_at, ..facts(1) });
        all.extend([IssueFacts { held: true, ..waits(8) }, waits(9), without_scope(10)]);
        all.push(IssueFacts { held: true, ..facts(11) });
        let outlook = Outlook::of(&ranked(all), |_| true, &(1..=7).map(title).collect());
        let first = &outlook.next[0];
        assert_eq!(
            (first.thread.as_str(), first.due.as_deref()),
            ("foundation/door#1", Some("Fri 27 Nov 2026"))
        );
        assert_snapshot!(outlook.rest(), @"2 more are ready; 4 are not: 2 blocked, 1 on hold, 1 without scope.");
        assert_eq!(outlook.many(), "five");
    }

    #[test]
    fn what_may_not_be_shown_is_counted_only() {
        let two = ranked(vec![facts(1), facts(2)]);
        let outlook = Outlook::of(&two, |_| true, &HashMap::from([title(2)]));
        assert_eq!(outlook.next.len(), 1);
        assert_snapshot!(outlook.rest(), @"1 more is ready.");
        assert_eq!(Outlook::of(&two, |_| false, &HashMap::new()), Outlook::default());
        assert!(Outlook::of(&ranked(vec![]), |_| true, &HashMap::new()).is_empty());
    }
}
