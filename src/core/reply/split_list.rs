//! The list of what became of a yes to what an epic becomes.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;

use super::filters::{self, Name};
use super::split::{SplitBond, SplitOrder, part_key, split_bonds};
use super::words::counted;
use crate::core::split::{LeftOut, LeftOutWhy, LinkedIssue, ProposedIssue, SplitProposal, WaitsOn};

/// How many reasons for which something failed are told.
const MOST_REASONS: usize = 5;

/// What became of a yes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SplitOutcome {
    /// The numbers of the issues that were made, by the keys of their effects.
    pub made: BTreeMap<String, i64>,
    /// Why effects failed, by their keys.
    pub failed: BTreeMap<String, String>,
    /// Which dependencies were left out, by the keys of their effects.
    pub left: BTreeMap<String, LeftOut>,
    /// The labels that issues were made without, by the keys of their effects.
    pub without: BTreeMap<String, Vec<String>>,
    /// The numbers of the issues there that are on hold.
    pub held: BTreeSet<i64>,
}

impl SplitOutcome {
    /// The number of an issue, if it is there.
    fn number(&self, order: &SplitOrder<'_>, on: WaitsOn) -> Option<i64> {
        match on {
            WaitsOn::New(place) => self.made.get(&part_key(order.key, place)).copied(),
            WaitsOn::Issue(number) => Some(number),
        }
    }

    /// Whether a dependency is set.
    fn is_set(&self, bond: &SplitBond) -> bool {
        !self.failed.contains_key(&bond.key) && !self.left.contains_key(&bond.key)
    }
}

/// The list of what was made, said by the account `name`.
pub fn split_list(
    split: &SplitProposal,
    order: &SplitOrder<'_>,
    outcome: &SplitOutcome,
    name: &str,
) -> String {
    let all = split_bonds(split, order);
    let number = |on| outcome.number(order, on);
    let written = |number: i64| format!("#{number}");
    let waits = |issue: WaitsOn| -> Vec<String> {
        let of = all.iter().filter(|bond| bond.issue == issue && outcome.is_set(bond));
        of.filter_map(|bond| number(bond.on)).map(written).collect()
    };
    let new = (1..).zip(&split.issues).map(|(place, ProposedIssue { title, .. })| {
        let issue = WaitsOn::New(place);
        let why = outcome.failed.get(&part_key(order.key, place));
        let (number, waits) = (number(issue).map(written), waits(issue));
        let why = why.filter(|_| number.is_none()).map(String::as_str).unwrap_or_default();
        let without = outcome.without.get(&part_key(order.key, place)).map(Vec::as_slice);
        let without = without.filter(|_| number.is_some()).unwrap_or_default();
        ListLine { number, title, waits, why, without }
    });
    let linked = split.linked.iter().map(|LinkedIssue { number, title, .. }| {
        let waits = waits(WaitsOn::Issue(*number));
        ListLine { number: Some(written(*number)), title, waits, why: "", without: &[] }
    });
    let lines: Vec<ListLine<'_>> = new.chain(linked).collect();
    let failed = all.iter().filter(|bond| outcome.failed.contains_key(&bond.key));
    let failed: Vec<&SplitBond> = failed.collect();
    let epic = WaitsOn::Issue(order.thread.number);
    let page = SplitList {
        made: outcome.made.len(),
        of: split.issues.len(),
        linked: split.linked.len(),
        is_unlabelled: lines.iter().any(|line| !line.without.is_empty()),
        lines,
        bonds: all.len(),
        loose: failed.len(),
        waits: all.iter().any(|bond| bond.issue == epic && outcome.is_set(bond)),
        reasons: each_once(failed.iter().map(|bond| outcome.failed[&bond.key].as_str()))
            .take(MOST_REASONS)
            .collect(),
        held: each_once(failed.iter().filter_map(|bond| number(bond.issue)))
            .filter(|number| outcome.held.contains(number))
            .map(written)
            .collect(),
        left: all.iter().filter_map(|bond| outcome.left.get(&bond.key)).collect(),
        decision: order.decision.to_string(),
    };
    let text = page.render_with_values(&Name(name.to_owned()));
    text.expect("a String takes everything, and the name is told").trim().to_owned()
}

/// Each of `all` where it comes first.
fn each_once<T: PartialEq + Copy>(all: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
    let mut seen: Vec<T> = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen.into_iter()
}

#[derive(Template)]
#[template(path = "split/list.md")]
struct SplitList<'a> {
    made: usize,
    of: usize,
    linked: usize,
    lines: Vec<ListLine<'a>>,
    /// Whether one of them lacks a label.
    is_unlabelled: bool,
    /// How many dependencies were to be set, and how many of them could not.
    bonds: usize,
    loose: usize,
    reasons: Vec<&'a str>,
    /// What nobody begins, since it does not wait for all that it should.
    held: Vec<String>,
    left: Vec<&'a LeftOut>,
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
    /// The labels that it was made without.
    without: &'a [String],
}

#[cfg(test)]
mod tests {
    use crate::core::reply::split::tests::{anna, order, split};
    use crate::core::reply::split_list::*;

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
                failed("bond#31-1", "not here"),
                failed("bondepic-2", "it was not made"),
            ]),
            held: BTreeSet::from([31, 12, 77]),
            ..SplitOutcome::default()
        };
        insta::assert_snapshot!(split_list(&split, &order, &some, "timmy").replace('\u{200B}', "|"), @"
        **Not all of it is done: 1 of 2 issues made, 2 linked,** as approved in d11. This one waits for them.

        - \\#41 Oil #|7 for @|anna
        - **not made:** Wax it. Why: 422: no
        - \\#31 Docs @|anna
        - \\#9 Docs @|anna

        3 of 7 dependencies could not be set:

        - it was not made
        - not here

        So that nobody begins too early, \\#31 and \\#12 are on hold: `/timmy unhold` in each of them frees it.
        ");
    }

    #[test]
    fn what_is_not_held_is_not_told_as_held_and_what_lacks_a_label_is() {
        let (split, anna) = (split(), anna());
        let order = order(&anna);
        let key = |what: &str| format!("f-j1.9.{what}");
        let outcome = SplitOutcome {
            made: BTreeMap::from([(key("issue1"), 41)]),
            failed: BTreeMap::from([
                (key("issue2"), "this one was closed before".to_owned()),
                (key("bondepic-2"), "one of the two issues was not made".to_owned()),
            ]),
            without: BTreeMap::from([
                (key("issue1"), vec!["area/door".to_owned(), "size/m".to_owned()]),
                (key("issue2"), vec!["size/s".to_owned()]),
            ]),
            ..SplitOutcome::default()
        };
        let list = split_list(&split, &order, &outcome, "timmy").replace('\u{200B}', "|");
        let line = "- \\#41 Oil #|7 for @|anna; without `area/door`, `size/m`\n";
        assert!(list.contains(line), "{list}");
        assert!(
            list.contains("\nA label that is missing here is not there, and I may not make it.")
        );
        assert!(!list.contains("size/s") && !list.contains("on hold"), "{list}");
    }

    #[test]
    fn what_was_left_out_is_told_in_one_line_each() {
        let (split, anna) = (split(), anna());
        let order = order(&anna);
        let key = |what: &str| format!("f-j1.9.{what}");
        let left = |what, issue, on, why| (key(what), LeftOut { issue, on, why });
        let outcome = SplitOutcome {
            made: BTreeMap::from([(key("issue1"), 41), (key("issue2"), 42)]),
            left: BTreeMap::from([
                left("bond#31-1", 31, 41, LeftOutWhy::Circle),
                left("bondepic-1", 12, 41, LeftOutWhy::Unproven),
                left("bond2-#31", 42, 31, LeftOutWhy::Closed(31)),
                left("bondepic-#31", 12, 31, LeftOutWhy::Gone(31)),
            ]),
            ..SplitOutcome::default()
        };
        let list = split_list(&split, &order, &outcome, "timmy").replace('\u{200B}', "|");
        insta::assert_snapshot!(list, @"
        **2 issues made, 2 linked,** as approved in d11. This one waits for them.

        - \\#41 Oil #|7 for @|anna
        - \\#42 Wax it; waits for \\#41
        - \\#31 Docs @|anna
        - \\#9 Docs @|anna

        4 of 7 dependencies were left out:

        - \\#42 does not wait for \\#31: \\#31 was closed meanwhile
        - \\#31 does not wait for \\#41: \\#41 already waits for it
        - \\#12 does not wait for \\#41: that \\#41 already waits for it could not be ruled out
        - \\#12 does not wait for \\#31: \\#31 is gone
        ");
    }
}
