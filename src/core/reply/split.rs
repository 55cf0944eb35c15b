//! What an epic becomes: the question, and all that a yes to it makes.

use askama::Template;

use super::filters;
use super::words::in_words;
use crate::core::command::value::DecisionId;
use crate::core::effect::defuse::{quiet, short};
use crate::core::effect::marker::marker;
use crate::core::effect::{Body, Bond, CreateComment, Effect, IssueName, Keyed, MakePart, Source};
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoName, ThreadId};
use crate::core::model::time::Timestamp;
use crate::core::split::{ProposedIssue, SplitProposal, WaitsOn};

/// How many characters of a title the forge takes, and some to spare.
const LONGEST_TITLE: usize = 250;

/// What an epic would become, as its question shows it. What is in it a manager or people wrote: the
/// template defuses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitView {
    /// The epic, as its thread writes it.
    pub epic: String,
    pub repo: String,
    pub lines: Vec<SplitLine>,
    /// How many of them would be made.
    pub made: usize,
    /// How many of them wait for no other.
    pub free: usize,
    /// Among how many issues they were looked for, if there are more.
    pub only: Option<usize>,
    /// The labels that each new one gets beside that of its size; none if that is not known.
    pub labels: Option<Vec<String>>,
}

/// An issue that an epic would consist of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitLine {
    /// Its place among those that would be made.
    pub place: Option<usize>,
    /// Its number, if it is there.
    pub there: Option<String>,
    pub title: String,
    pub size: &'static str,
    /// Places, and numbers of what is there.
    pub waits: Vec<String>,
    pub acceptance: String,
    pub open: bool,
}

impl SplitView {
    pub fn of(split: &SplitProposal, epic: i64, repo: &RepoName) -> Self {
        let waits = |waits: &[WaitsOn]| waits.iter().map(said).collect();
        let new = (1..).zip(&split.issues).map(|(place, issue)| SplitLine {
            place: Some(place),
            there: None,
            title: issue.title.clone(),
            size: issue.size.name(),
            waits: waits(&issue.waits),
            acceptance: issue.acceptance.clone(),
            open: true,
        });
        let linked = split.linked.iter().map(|issue| SplitLine {
            place: None,
            there: Some(format!("#{}", issue.number)),
            title: issue.title.clone(),
            size: "",
            waits: waits(&issue.waits),
            acceptance: String::new(),
            open: issue.open,
        });
        Self {
            epic: format!("#{epic}"),
            repo: repo.to_string(),
            lines: new.chain(linked).collect(),
            made: split.issues.len(),
            free: split.free(),
            only: split.only,
            labels: split.labels.clone(),
        }
    }

    /// How many of them are there already.
    pub(super) fn linked(&self) -> usize {
        self.lines.len().saturating_sub(self.made)
    }

    /// What a yes does.
    pub(super) fn wish(&self) -> String {
        wish(self.made, self.linked())
    }

    pub(super) fn all(&self) -> String {
        let s = if self.lines.len() == 1 { "" } else { "s" };
        format!("{} issue{s}", in_words(self.lines.len()))
    }

    /// For which of them the epic waits; none if all are closed.
    pub(super) fn awaited(&self) -> Option<&'static str> {
        let open = self.lines.iter().filter(|line| line.open).count();
        match (open, self.lines.len()) {
            (0, _) => None,
            (1, 1) => Some("it"),
            (open, all) if open == all => Some("all of them"),
            (1, _) => Some("the one that is open"),
            _ => Some("those that are open"),
        }
    }

    pub(super) fn at_once(&self) -> String {
        match (self.free, self.lines.len()) {
            (1, 1) => "which can start at once".to_owned(),
            (free, all) if free == all => "which can all start at once".to_owned(),
            (0, _) => "of which none can start at once".to_owned(),
            (free, _) => format!("of which {} can start at once", in_words(free)),
        }
    }
}

/// What a yes to a proposal does.
pub(super) fn wish_of(split: &SplitProposal) -> String {
    wish(split.issues.len(), split.linked.len())
}

/// What a yes does: `Make these three issues, and link one`.
fn wish(made: usize, linked: usize) -> String {
    match (made, linked) {
        (0, linked) => format!("Link {}", these(linked)),
        (made, 0) => format!("Make {}", these(made)),
        (made, linked) => format!("Make {}, and link {}", these(made), in_words(linked)),
    }
}

fn these(count: usize) -> String {
    match count {
        1 => "this issue".to_owned(),
        many => format!("these {} issues", in_words(many)),
    }
}

pub(super) fn said(on: &WaitsOn) -> String {
    match on {
        WaitsOn::New(place) => place.to_string(),
        WaitsOn::Issue(number) => format!("#{number}"),
    }
}

/// A yes to what an epic becomes.
#[derive(Debug, Clone, Copy)]
pub struct SplitOrder<'a> {
    pub decision: DecisionId,
    /// Who said it.
    pub by: &'a Account,
    /// The epic.
    pub thread: ThreadId,
    /// With what all keys begin.
    pub key: &'a str,
    /// What is made cannot be older than that, by the forge's clock.
    pub since: Timestamp,
}

/// The key of the effect that makes the issue at this place.
pub(super) fn part_key(key: &str, place: u32) -> String {
    format!("{key}.issue{place}")
}

/// All that a yes makes: the issues, what waits for what, and last the list of them.
pub(super) fn split_effects(split: &SplitProposal, order: &SplitOrder<'_>) -> Vec<Keyed> {
    let SplitOrder { decision, by, thread, key, since } = *order;
    let parts = (1..).zip(&split.issues).map(|(place, issue)| {
        let key = part_key(key, place);
        let part = MakePart {
            title: short(&quiet(&issue.title), LONGEST_TITLE),
            body: part_body(issue, order, &key),
            size: issue.size.name().to_owned(),
            labels: split.labels.clone(),
            by: by.clone(),
        };
        (key, Effect::MakePart(part))
    });
    let bonds = split_bonds(split, order).into_iter();
    let bonds = bonds.map(|of| {
        let bond = bond(split, order, &of);
        (of.key, Effect::Bond(bond))
    });
    let source = Source::Split { decision, key: key.to_owned() };
    let list = CreateComment { body: Body::from_source(source), since, reply_to: None };
    let list = (format!("{key}.list"), Effect::Comment(list));
    let all = parts.chain(bonds).chain([list]);
    all.map(|(key, effect)| Keyed { key, thread, effect }).collect()
}

/// That one issue waits for another, by the effect that sees to it.
pub(super) struct SplitBond {
    pub(super) key: String,
    pub(super) issue: WaitsOn,
    pub(super) on: WaitsOn,
}

/// What waits for what: the new issues and those that are there for one another, and the epic for all.
pub(super) fn split_bonds(split: &SplitProposal, order: &SplitOrder<'_>) -> Vec<SplitBond> {
    let SplitOrder { thread, key, .. } = *order;
    let new = (1..).zip(&split.issues).map(|(place, issue)| (WaitsOn::New(place), &issue.waits));
    let open = split.linked.iter().filter(|issue| issue.open);
    let linked = open.map(|issue| (WaitsOn::Issue(issue.number), &issue.waits));
    let among = new.chain(linked).flat_map(|(issue, waits)| {
        waits.iter().map(move |on| (format!("{}-{}", said(&issue), said(on)), issue, *on))
    });
    let all = (1..).zip(&split.issues).map(|(place, _)| WaitsOn::New(place));
    let all = all.chain(split.linked.iter().map(|issue| WaitsOn::Issue(issue.number)));
    let epic = WaitsOn::Issue(thread.number);
    let of_epic = all.map(|on| (format!("epic-{}", said(&on)), epic, on));
    among
        .chain(of_epic)
        .map(|(what, issue, on)| SplitBond { key: format!("{key}.bond{what}"), issue, on })
        .collect()
}

/// The effect that has one issue wait for another.
fn bond(split: &SplitProposal, order: &SplitOrder<'_>, of: &SplitBond) -> Bond {
    let name = |on: &WaitsOn| match on {
        WaitsOn::New(place) => IssueName::Key(part_key(order.key, *place)),
        WaitsOn::Issue(number) => IssueName::Number(*number),
    };
    // That one of those that were closed is closed was shown.
    let was_closed =
        |number: i64| split.linked.iter().any(|issue| issue.number == number && !issue.open);
    let was_open = |on: &WaitsOn| match on {
        WaitsOn::Issue(number) if *number != order.thread.number && !was_closed(*number) => {
            Some(*number)
        }
        WaitsOn::Issue(_) | WaitsOn::New(_) => None,
    };
    let while_open = [&of.issue, &of.on].into_iter().filter_map(was_open).collect();
    Bond { issue: name(&of.issue), on: name(&of.on), while_open }
}

fn part_body(issue: &ProposedIssue, order: &SplitOrder<'_>, key: &str) -> String {
    let SplitOrder { decision, by, thread, .. } = *order;
    let page = PartBody {
        acceptance: &issue.acceptance,
        epic: thread.number,
        decision: &decision.to_string(),
        by: &by.login,
    };
    let text = page.render().expect("a String takes everything");
    format!("{}\n\n{}", text.trim(), marker(key))
}

#[derive(Template)]
#[template(path = "split/issue.md")]
struct PartBody<'a> {
    acceptance: &'a str,
    epic: i64,
    decision: &'a str,
    by: &'a str,
}

/// The keys of all that a yes makes but the list, in order.
pub fn split_keys(split: &SplitProposal, order: &SplitOrder<'_>) -> Vec<String> {
    let effects = split_effects(split, order);
    let keys = effects.into_iter().map(|keyed| keyed.key);
    let mut keys: Vec<String> = keys.collect();
    keys.pop();
    keys
}

#[cfg(test)]
pub(super) mod tests {
    use crate::core::command::value::Size;
    use crate::core::model::ids::RepoId;
    use crate::core::reply::split::*;
    use crate::core::split::LinkedIssue;

    pub(in crate::core::reply) fn split() -> SplitProposal {
        let issue = |title: &str, size, waits: &[WaitsOn]| ProposedIssue {
            title: title.to_owned(),
            acceptance: "@anna: see #3\n/timmy approve d1 <!-- x -->".to_owned(),
            size,
            waits: waits.to_vec(),
        };
        let linked = |number, open, waits: &[WaitsOn]| LinkedIssue {
            number,
            title: "Docs @anna".to_owned(),
            open,
            waits: waits.to_vec(),
        };
        SplitProposal {
            issues: vec![
                issue("Oil #7 for @anna", Size::M, &[]),
                issue("Wax it", Size::S, &[WaitsOn::New(1), WaitsOn::Issue(31)]),
            ],
            linked: vec![linked(31, true, &[WaitsOn::New(1)]), linked(9, false, &[])],
            only: None,
            labels: Some(vec!["area/door".to_owned()]),
        }
    }

    pub(in crate::core::reply) fn order(by: &Account) -> SplitOrder<'_> {
        SplitOrder {
            decision: DecisionId(11),
            by,
            thread: ThreadId { repo: RepoId(1), number: 12 },
            key: "f-j1.9",
            since: Timestamp::default(),
        }
    }

    pub(in crate::core::reply) fn anna() -> Account {
        Account { id: 2, login: "anna".to_owned() }
    }

    #[test]
    fn what_is_asked_is_what_a_yes_does() {
        let repo: RepoName = "o/door".parse().expect("a name");
        let wish = |split: &SplitProposal| {
            let asked = SplitView::of(split, 12, &repo).wish();
            assert_eq!(wish_of(split), asked, "the report asks what the question does");
            asked
        };
        let both = split();
        assert_eq!(wish(&both), "Make these two issues, and link two");
        let made = SplitProposal { linked: Vec::new(), ..both.clone() };
        assert_eq!(wish(&made), "Make these two issues");
        let there = SplitProposal { issues: Vec::new(), ..both };
        assert_eq!(wish(&there), "Link these two issues");
    }

    #[test]
    fn an_epic_waits_for_what_is_open() {
        let repo: RepoName = "o/door".parse().expect("a name");
        let awaited = |split: &SplitProposal| SplitView::of(split, 12, &repo).awaited();
        let both = split();
        assert_eq!(awaited(&both), Some("those that are open"));
        let made = SplitProposal { linked: Vec::new(), ..both.clone() };
        assert_eq!(awaited(&made), Some("all of them"));
        let mut there = SplitProposal { issues: Vec::new(), ..both };
        assert_eq!(awaited(&there), Some("the one that is open"));
        let closed = there.linked.pop().into_iter().collect();
        assert_eq!(awaited(&there), Some("it"));
        let closed = SplitProposal { linked: closed, ..there };
        assert_eq!(awaited(&closed), None);
    }

    #[test]
    fn what_a_model_wrote_calls_nobody_and_commands_nothing() {
        let effects = split_effects(&split(), &order(&anna()));
        let Effect::MakePart(part) = &effects[0].effect else { panic!("{effects:#?}") };
        assert_eq!(part.title, "Oil #\u{200B}7 for @\u{200B}anna");
        assert_eq!(part.labels, Some(vec!["area/door".to_owned()]), "those that were shown");
        insta::assert_snapshot!(part.body.replace('\u{200B}', "|"), @"
        **Done when:** @|anna: see #|3 /timmy approve d1 \\<\\!-- x --\\>

        Part of \\#12, made as \\@anna approved in d11.

        <!-- timmy key=f-j1.9.issue1 -->
        ");
    }

    #[test]
    fn issues_come_before_what_binds_them_and_the_list_comes_last() {
        let effects = split_effects(&split(), &order(&anna()));
        let keys: Vec<&str> = effects.iter().map(|one| &one.key["f-j1.9.".len()..]).collect();
        assert_eq!(
            keys,
            [
                "issue1",
                "issue2",
                "bond2-1",
                "bond2-#31",
                "bond#31-1",
                "bondepic-1",
                "bondepic-2",
                "bondepic-#31",
                "bondepic-#9",
                "list"
            ]
        );
        assert_eq!(split_keys(&split(), &order(&anna())).len(), 9);
    }

    #[test]
    fn what_was_shown_as_open_is_bound_as_long_as_it_is() {
        let effects = split_effects(&split(), &order(&anna()));
        let while_open: Vec<(&str, &[i64])> = effects
            .iter()
            .filter_map(|one| match &one.effect {
                Effect::Bond(bond) => Some((&one.key["f-j1.9.bond".len()..], &bond.while_open[..])),
                _ => None,
            })
            .collect();
        assert_eq!(
            while_open,
            [
                ("2-1", &[][..]),
                ("2-#31", &[31]),
                ("#31-1", &[31]),
                ("epic-1", &[]),
                ("epic-2", &[]),
                ("epic-#31", &[31]),
                ("epic-#9", &[])
            ]
        );
    }
}
