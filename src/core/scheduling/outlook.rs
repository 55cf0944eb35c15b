//! What is next, and why the rest is not.

use std::collections::HashMap;

use jiff::tz::TimeZone;

use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{Ineligible, MILLION, RankedIssue, Ranking};

/// How many issues are named.
pub const NEXT: usize = 5;

/// The backlog in a few lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outlook {
    /// The best of what may be handed out.
    pub next: Vec<NextIssue>,
    /// How many more may be.
    pub more: usize,
    /// How many may not, by the firmest reason; the most frequent first.
    pub others: Vec<(Ineligible, usize)>,
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
}

/// What is worth showing of an issue beside its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedTitle {
    /// What it is called, in full.
    pub thread: String,
    /// Its title, as people wrote it.
    pub title: String,
    /// When it is due.
    pub due_at: Option<Timestamp>,
}

/// The best of a ranking: what has to be looked up for [`Outlook::of`].
pub fn best(ranking: &Ranking, may_name: impl Fn(RepoId) -> bool) -> Vec<ThreadId> {
    let ready = ranking.ready.iter().map(|standing| standing.thread);
    ready.filter(|thread| may_name(thread.repo)).take(NEXT).collect()
}

impl Outlook {
    /// A ranking in a few lines, as far as one `may_name` of repositories. What is not `shown` is
    /// counted and not named.
    pub fn of(
        ranking: &Ranking,
        may_name: impl Fn(RepoId) -> bool,
        shown: &HashMap<ThreadId, ListedTitle>,
        zone: &TimeZone,
    ) -> Self {
        let told = |standing: &&RankedIssue| may_name(standing.thread.repo);
        let next: Vec<NextIssue> = ranking
            .ready
            .iter()
            .filter(told)
            .take(NEXT)
            .filter_map(|standing| Some(named(standing, shown.get(&standing.thread)?, zone)))
            .collect();
        let others = ranking.behind(|standing| told(&standing));
        let ready = ranking.ready.iter().filter(told).count();
        Self { more: ready - next.len(), next, others }
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

fn named(standing: &RankedIssue, shown: &ListedTitle, zone: &TimeZone) -> NextIssue {
    let tenths = (standing.score.points + MILLION / 20) / (MILLION / 10);
    NextIssue {
        thread: shown.thread.clone(),
        title: shown.title.clone(),
        points: format!("{}.{}", tenths / 10, tenths % 10),
        is_p0: standing.is_p0,
        due: shown.due_at.map(|due| due.zoned(zone).strftime("%a %-d %b %Y").to_string()),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::core::scheduling::Score;
    use crate::core::scheduling::outlook::*;

    fn standing(number: i64, points: u64, obstacles: &[Ineligible]) -> RankedIssue {
        RankedIssue {
            thread: ThreadId { repo: RepoId(1), number },
            is_p0: number == 1,
            score: Score { points, ..Score::default() },
            created_at: Timestamp::default(),
            obstacles: obstacles.to_vec(),
            dependents: 0,
            circle: Box::default(),
        }
    }

    fn shown(number: i64) -> (ThreadId, ListedTitle) {
        let due = Timestamp::parse("2026-11-27T12:00:00Z").filter(|_| number == 2);
        let title = if number == 2 { "Leave @anna alone\n# now" } else { "The hinge" };
        let thread = format!("foundation/door#{number}");
        let shown = ListedTitle { thread, title: title.to_owned(), due_at: due };
        (ThreadId { repo: RepoId(1), number }, shown)
    }

    #[test]
    fn the_best_are_named_and_the_rest_is_counted() {
        use Ineligible::{Blocked, Hold, MissingScope};
        let ready = (1..=7).map(|number| standing(number, 30_250_000 - 990_000, &[])).collect();
        let others = [
            standing(8, 0, &[Hold]),
            standing(9, 0, &[Blocked, Hold]),
            standing(10, 0, &[Blocked]),
            standing(11, 0, &[MissingScope]),
        ];
        let ranking = Ranking { ready, others: others.into() };
        let outlook =
            Outlook::of(&ranking, |_| true, &(1..=5).map(shown).collect(), &TimeZone::UTC);
        assert_eq!(outlook.next[0].points, "29.3");
        assert_snapshot!(outlook.rest(), @"2 more are ready; 4 are not: 2 blocked, 1 on hold, 1 without scope.");
        assert_eq!(outlook.many(), "five");
    }

    #[test]
    fn what_may_not_be_shown_is_counted_only() {
        let ranking =
            Ranking { ready: vec![standing(1, 1, &[]), standing(2, 1, &[])], others: vec![] };
        let outlook = Outlook::of(&ranking, |_| true, &HashMap::from([shown(2)]), &TimeZone::UTC);
        assert_eq!(outlook.next.len(), 1);
        assert_snapshot!(outlook.rest(), @"1 more is ready.");
        assert_eq!(
            Outlook::of(&ranking, |_| false, &HashMap::new(), &TimeZone::UTC),
            Outlook::default()
        );
        assert!(
            Outlook::of(&Ranking::default(), |_| true, &HashMap::new(), &TimeZone::UTC).is_empty()
        );
    }
}
