//! What is said of an epic that becomes issues: the question, the text of each issue, and the list of
//! what was made.

use std::collections::BTreeMap;

use askama::Template;

use super::filters::{self, Name};
use super::words::{counted, in_words};
use crate::core::command::value::DecisionId;
use crate::core::effect::defuse::{quiet, short};
use crate::core::effect::marker::marker;
use crate::core::effect::{Body, Bond, CreateComment, Effect, IssueName, Keyed, MakePart, Source};
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoName, ThreadId};
use crate::core::model::time::Timestamp;
use crate::core::split::{LinkedIssue, ProposedIssue, SplitProposal, WaitsOn};

/// How many characters of a title the forge takes, and some to spare.
const LONGEST_TITLE: usize = 250;

/// How many reasons for which something failed are told.
const MOST_REASONS: usize = 5;

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
        }
    }

    /// How many issues: `four issues`, after the word for them.
    pub(super) fn these(&self) -> String {
        match self.lines.len() {
            1 => "this issue".to_owned(),
            many => format!("these {} issues", in_words(many)),
        }
    }

    pub(super) fn all(&self) -> String {
        let s = if self.lines.len() == 1 { "" } else { "s" };
        format!("{} issue{s}", in_words(self.lines.len()))
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

fn said(on: &WaitsOn) -> String {
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
fn part_key(key: &str, place: u32) -> String {
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
            by: by.clone(),
        };
        (key, Effect::MakePart(part))
    });
    let bonds = bonds(split, order).into_iter().map(|(key, bond)| (key, Effect::Bond(bond)));
    let source = Source::Split { decision, key: key.to_owned() };
    let list = CreateComment { body: Body::from_source(source), since, reply_to: None };
    let list = (format!("{key}.list"), Effect::Comment(list));
    let all = parts.chain(bonds).chain([list]);
    all.map(|(key, effect)| Keyed { key, thread, effect }).collect()
}

/// What waits for what: the new issues and those that are there for one another, and the epic for all.
fn bonds(split: &SplitProposal, order: &SplitOrder<'_>) -> Vec<(String, Bond)> {
    let SplitOrder { thread, key, .. } = *order;
    let name = |on: &WaitsOn| match on {
        WaitsOn::New(place) => IssueName::Key(part_key(key, *place)),
        WaitsOn::Issue(number) => IssueName::Number(*number),
    };
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
        .map(|(what, issue, on)| {
            let bond = Bond { issue: name(&issue), on: name(&on) };
            (format!("{key}.bond{what}"), bond)
        })
        .collect()
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

/// What became of a yes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SplitOutcome {
    /// The numbers of the issues that were made, by the keys of their effects.
    pub made: BTreeMap<String, i64>,
    /// Why effects failed, by their keys.
    pub failed: BTreeMap<String, String>,
}

/// The list of what was made, said by the account `name`.
pub fn split_list(
    split: &SplitProposal,
    order: &SplitOrder<'_>,
    outcome: &SplitOutcome,
    name: &str,
) -> String {
    let SplitOrder { decision, key, .. } = *order;
    let number = |on: &WaitsOn| match on {
        WaitsOn::New(place) => outcome.made.get(&part_key(key, *place)).copied(),
        WaitsOn::Issue(number) => Some(*number),
    };
    let waits = |waits: &[WaitsOn]| {
        waits.iter().filter_map(number).map(|number| format!("#{number}")).collect()
    };
    let new = (1..).zip(&split.issues).map(|(place, issue)| {
        let ProposedIssue { title, waits: on, .. } = issue;
        let is_made = number(&WaitsOn::New(place));
        let why = outcome.failed.get(&part_key(key, place));
        ListLine {
            number: is_made.map(|number| format!("#{number}")),
            title,
            waits: waits(on),
            why: why.filter(|_| is_made.is_none()).map(String::as_str).unwrap_or_default(),
        }
    });
    let linked = split.linked.iter().map(|issue| {
        let LinkedIssue { number, title, waits: on, .. } = issue;
        ListLine { number: Some(format!("#{number}")), title, waits: waits(on), why: "" }
    });
    let all = bonds(split, order);
    let failed: Vec<&String> = all.iter().filter_map(|(key, _)| outcome.failed.get(key)).collect();
    let mut reasons: Vec<&str> = Vec::new();
    for why in &failed {
        if !reasons.contains(&why.as_str()) && reasons.len() < MOST_REASONS {
            reasons.push(why);
        }
    }
    let of_epic = all.iter().filter(|(key, _)| key.contains(".bondepic-"));
    let page = SplitList {
        made: outcome.made.len(),
        of: split.issues.len(),
        linked: split.linked.len(),
        lines: new.chain(linked).collect(),
        bonds: all.len(),
        loose: failed.len(),
        waits: of_epic.filter(|(key, _)| !outcome.failed.contains_key(key)).count() > 0,
        reasons,
        decision: decision.to_string(),
    };
    let text = page.render_with_values(&Name(name.to_owned()));
    text.expect("a String takes everything, and the name is told").trim().to_owned()
}

#[derive(Template)]
#[template(path = "split/list.md")]
struct SplitList<'a> {
    made: usize,
    of: usize,
    linked: usize,
    lines: Vec<ListLine<'a>>,
    /// How many dependencies were to be set, and how many of them could not.
    bonds: usize,
    loose: usize,
    reasons: Vec<&'a str>,
    /// Whether the epic waits for any of them.
    waits: bool,
    decision: String,
}

impl SplitList<'_> {
    fn said(&self) -> String {
        let (made, of) = (self.made, self.of);
        let made = match made == of {
            true => format!("{} made", counted(of, "issue")),
            false => format!("{made} of {} made", counted(of, "issue")),
        };
        match (self.of, self.linked) {
            (0, linked) => format!("{} linked", counted(linked, "issue")),
            (_, 0) => made,
            (_, linked) => format!("{made}, {linked} linked"),
        }
    }
}

/// An issue of the list.
struct ListLine<'a> {
    /// None if it could not be made.
    number: Option<String>,
    title: &'a str,
    waits: Vec<String>,
    why: &'a str,
}

#[cfg(test)]
mod tests {
    use crate::core::command::value::Size;
    use crate::core::model::ids::RepoId;
    use crate::core::reply::split::*;

    fn split() -> SplitProposal {
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
        }
    }

    fn order(by: &Account) -> SplitOrder<'_> {
        SplitOrder {
            decision: DecisionId(11),
            by,
            thread: ThreadId { repo: RepoId(1), number: 12 },
            key: "f-j1.9",
            since: Timestamp::default(),
        }
    }

    fn anna() -> Account {
        Account { id: 2, login: "anna".to_owned() }
    }

    #[test]
    fn what_a_model_wrote_calls_nobody_and_commands_nothing() {
        let effects = split_effects(&split(), &order(&anna()));
        let Effect::MakePart(part) = &effects[0].effect else { panic!("{effects:#?}") };
        assert_eq!(part.title, "Oil #\u{200B}7 for @\u{200B}anna");
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
    fn the_list_says_what_there_is() {
        let (split, anna) = (split(), anna());
        let order = order(&anna);
        let made = |keys: &[(&str, i64)]| {
            keys.iter().map(|(key, number)| (format!("f-j1.9.{key}"), *number)).collect()
        };
        let all = SplitOutcome {
            made: made(&[("issue1", 41), ("issue2", 42)]),
            ..SplitOutcome::default()
        };
        insta::assert_snapshot!(split_list(&split, &order, &all, "timmy").replace('\u{200B}', "|"), @"
        **2 issues made, 2 linked,** as approved in d11. This one waits for them.

        - \\#41 Oil #|7 for @|anna
        - \\#42 Wax it; waits for \\#41, \\#31
        - \\#31 Docs @|anna; waits for \\#41
        - \\#9 Docs @|anna
        ");
        let failed = |what: &str, why: &str| (format!("f-j1.9.{what}"), why.to_owned());
        let some = SplitOutcome {
            made: made(&[("issue1", 41)]),
            failed: BTreeMap::from([
                failed("issue2", "422: no"),
                failed("bond2-1", "it was not made"),
                failed("bondepic-2", "it was not made"),
            ]),
        };
        insta::assert_snapshot!(split_list(&split, &order, &some, "timmy").replace('\u{200B}', "|"), @"
        **Not all of it is done: 1 of 2 issues made, 2 linked,** as approved in d11. This one waits for them.

        - \\#41 Oil #|7 for @|anna
        - **not made:** Wax it. Why: 422: no
        - \\#31 Docs @|anna; waits for \\#41
        - \\#9 Docs @|anna

        2 of 7 dependencies could not be set:

        - it was not made
        ");
    }
}
