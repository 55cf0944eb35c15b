//! Issues that an epic would become, as a person is asked about them: a yes covers exactly these.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::draft::{DraftIssue, reference};
use super::fault::{MOST_DEPENDENCIES, SplitFault};
use super::known::{KnownIssue, KnownIssues, same_title};
use crate::core::command::value::Size;

/// The issues that an epic would become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitProposal {
    /// Those that would be made, each behind those among them that it waits for. They are numbered
    /// from 1 on.
    pub issues: Vec<ProposedIssue>,
    /// Those that are there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub linked: Vec<LinkedIssue>,
    /// Among how many of the newest issues they were looked for, if there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<usize>,
    /// The labels that each new one gets beside that of its size, by name. None where an older version
    /// asked: they get those that the epic has by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
}

/// An issue that would be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedIssue {
    pub title: String,
    /// What makes it done.
    pub acceptance: String,
    #[serde(with = "size")]
    pub size: Size,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<WaitsOn>,
}

/// An issue that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedIssue {
    pub number: i64,
    pub title: String,
    pub open: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<WaitsOn>,
}

/// An issue that comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitsOn {
    /// One that would be made, by its place among them, from 1 on.
    New(u32),
    /// One that is there.
    Issue(i64),
}

/// A size as JSON holds it: `xs`.
mod size {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::core::command::value::{ArgumentValue as _, Size};

    pub(super) fn serialize<S: Serializer>(size: &Size, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(size.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Size, D::Error> {
        let word = String::deserialize(from)?;
        Size::read(&word).ok_or_else(|| de::Error::custom("no size"))
    }
}

impl SplitProposal {
    /// How many issues the epic would consist of.
    pub fn count(&self) -> usize {
        self.issues.len() + self.linked.len()
    }

    /// How many of those wait for none of the others.
    pub fn free(&self) -> usize {
        // Older versions said as well that something waits for what is closed.
        let is_closed = |on: &WaitsOn| {
            self.linked.iter().any(|one| *on == WaitsOn::Issue(one.number) && !one.open)
        };
        let new = self.issues.iter().filter(|issue| issue.waits.iter().all(is_closed)).count();
        let linked = self.linked.iter();
        let linked = linked.filter(|issue| issue.open && issue.waits.iter().all(is_closed));
        new + linked.count()
    }

    /// How many dependencies there are among them, and on what else is there.
    fn dependencies(&self) -> usize {
        let new = self.issues.iter().map(|issue| issue.waits.len());
        new.chain(self.linked.iter().map(|issue| issue.waits.len())).sum()
    }
}

/// What comes of `drafts` among the issues that are there.
///
/// # Errors
/// What is wrong with them, so that it can be mended.
pub fn propose(drafts: &[DraftIssue], known: &KnownIssues) -> Result<SplitProposal, SplitFault> {
    are_different(drafts)?;
    let found = drafts.iter().map(|draft| find(draft, known)).collect::<Result<Vec<_>, _>>()?;
    are_different_issues(drafts, &found)?;
    let waits = waits(drafts, &found, known)?;
    let order = in_order(drafts, &waits)?;
    let waits = needed(&waits, &order, &found);
    let is_new = |place: &usize| found[*place].is_none();
    let numbers: Vec<usize> = order.iter().copied().filter(is_new).collect();
    let on = |wait: &Wait| match wait {
        Wait::There(number) => WaitsOn::Issue(*number),
        Wait::Draft(place) => match (found[*place], numbers.iter().position(|one| one == place)) {
            (Some(there), _) => WaitsOn::Issue(there.number),
            (None, at) => {
                WaitsOn::New(u32::try_from(at.unwrap_or_default() + 1).unwrap_or(u32::MAX))
            }
        },
    };
    // Nothing waits for what is closed.
    let is_open = |wait: &&Wait| match wait {
        Wait::There(number) => known.numbered(*number).is_none_or(|issue| issue.open),
        Wait::Draft(place) => found[*place].is_none_or(|issue| issue.open),
    };
    let waits_of = |place: usize| {
        let each: BTreeSet<WaitsOn> = waits[place].iter().filter(is_open).map(on).collect();
        each.into_iter().collect()
    };
    let proposed = |place: &usize| {
        let DraftIssue { title, acceptance, size, .. } = drafts[*place].clone();
        ProposedIssue { title, acceptance, size, waits: waits_of(*place) }
    };
    let linked = |place: usize| {
        let KnownIssue { number, title, open } = found[place]?.clone();
        // What is closed waits for nothing.
        let waits = if open { waits_of(place) } else { Vec::new() };
        Some(LinkedIssue { number, title, open, waits })
    };
    let proposal = SplitProposal {
        issues: numbers.iter().map(proposed).collect(),
        linked: order.iter().copied().filter_map(linked).collect(),
        only: known.only,
        labels: Some(known.labels.clone()),
    };
    match proposal.dependencies() {
        many if many > MOST_DEPENDENCIES => Err(SplitFault::TooManyDependencies(many)),
        _ => Ok(proposal),
    }
}

fn are_different(drafts: &[DraftIssue]) -> Result<(), SplitFault> {
    for (place, draft) in drafts.iter().enumerate() {
        for other in &drafts[..place] {
            if other.id == draft.id {
                return Err(SplitFault::SameId(draft.id.clone()));
            }
            if same_title(&other.title, &draft.title) {
                return Err(SplitFault::SameTitle(draft.title.clone()));
            }
        }
    }
    Ok(())
}

/// The issue that a proposed one is, if that is there.
fn find<'k>(
    draft: &DraftIssue,
    known: &'k KnownIssues,
) -> Result<Option<&'k KnownIssue>, SplitFault> {
    let id = || draft.id.clone();
    let found = match draft.issue {
        Some(number) => {
            let unknown = SplitFault::UnknownIssue { issue: id(), number };
            Some(known.numbered(number).ok_or(unknown)?)
        }
        None => known.titled(&draft.title),
    };
    match found {
        Some(issue) if issue.number == known.epic => Err(SplitFault::Itself(id())),
        found => Ok(found),
    }
}

fn are_different_issues(
    drafts: &[DraftIssue],
    found: &[Option<&KnownIssue>],
) -> Result<(), SplitFault> {
    for (place, there) in found.iter().enumerate() {
        let Some(there) = there else { continue };
        let same =
            |other: &Option<&KnownIssue>| other.is_some_and(|one| one.number == there.number);
        if let Some(first) = found[..place].iter().position(same) {
            let ids = [first, place].map(|place| drafts[place].id.clone());
            let [first, second] = ids;
            return Err(SplitFault::SameIssue(first, second, there.number));
        }
    }
    Ok(())
}

/// What a proposed issue waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Wait {
    /// Another one of the proposal, by its place from 0 on.
    Draft(usize),
    /// One that is there and not of the proposal.
    There(i64),
}

fn waits(
    drafts: &[DraftIssue],
    found: &[Option<&KnownIssue>],
    known: &KnownIssues,
) -> Result<Vec<Vec<Wait>>, SplitFault> {
    let wait = |draft: &DraftIssue, on: &String| {
        if let Some(place) = drafts.iter().position(|other| other.id == *on) {
            return Ok(Wait::Draft(place));
        }
        let number = reference(on).filter(|number| *number != known.epic);
        let there = number.and_then(|number| known.numbered(number));
        let Some(there) = there else {
            let (issue, on) = (draft.id.clone(), on.clone());
            return Err(SplitFault::UnknownDependency { issue, on });
        };
        let is_it =
            |other: &Option<&KnownIssue>| other.is_some_and(|one| one.number == there.number);
        let place = found.iter().position(is_it);
        Ok(place.map_or(Wait::There(there.number), Wait::Draft))
    };
    let of = |draft: &DraftIssue| draft.after.iter().map(|on| wait(draft, on)).collect();
    drafts.iter().map(of).collect()
}

/// The places of the drafts so that each stands behind all that it waits for, otherwise as they were.
fn in_order(drafts: &[DraftIssue], waits: &[Vec<Wait>]) -> Result<Vec<usize>, SplitFault> {
    let mut order: Vec<usize> = Vec::new();
    while order.len() < drafts.len() {
        let is_over = |wait: &Wait| match wait {
            Wait::Draft(place) => order.contains(place),
            Wait::There(_) => true,
        };
        let is_free = |place: &usize| !order.contains(place) && waits[*place].iter().all(is_over);
        let Some(next) = (0..drafts.len()).find(is_free) else {
            let left = (0..drafts.len()).filter(|place| !order.contains(place));
            return Err(SplitFault::Circle(left.map(|place| drafts[place].id.clone()).collect()));
        };
        order.push(next);
    }
    Ok(order)
}

/// Of all that each waits for what has to be said: not what a new issue waits for that it waits for itself.
/// One that is there already stands for nothing behind it: it may be closed any time.
fn needed(
    waits: &[Vec<Wait>],
    order: &[usize],
    found: &[Option<&KnownIssue>],
) -> Vec<BTreeSet<Wait>> {
    let mut through: Vec<BTreeSet<Wait>> = vec![BTreeSet::new(); waits.len()];
    for place in order.iter().copied().filter(|place| found[*place].is_none()) {
        let mut all: BTreeSet<Wait> = waits[place].iter().copied().collect();
        for wait in &waits[place] {
            if let Wait::Draft(before) = wait {
                all.extend(through[*before].iter().copied());
            }
        }
        through[place] = all;
    }
    let follows = |of: &[Wait], wait: &Wait| {
        of.iter().any(|on| matches!(on, Wait::Draft(before) if through[*before].contains(wait)))
    };
    let rest = |of: &Vec<Wait>| of.iter().filter(|wait| !follows(of, wait)).copied().collect();
    waits.iter().map(rest).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::core::split::checklist::{Home, checklist};
    use crate::core::split::draft::tests::{issue, read};
    use crate::core::split::proposal::*;

    fn known() -> KnownIssues {
        let issue = |number, title: &str, open| KnownIssue { number, title: title.into(), open };
        KnownIssues {
            epic: 12,
            issues: vec![
                issue(12, "Sessions", true),
                issue(31, "Docs for sessions", true),
                issue(7, "Old hinge", false),
            ],
            boxes: checklist("- [ ] #7 Oil the hinge", Home { name: "o/r", issues: "" }),
            only: None,
            labels: vec!["area/door".to_owned()],
        }
    }

    fn of(issues: &[Value]) -> Result<SplitProposal, SplitFault> {
        propose(&read(&json!(issues)).unwrap(), &known())
    }

    fn fault(issues: &[Value]) -> String {
        of(issues).unwrap_err().to_string()
    }

    #[test]
    fn what_is_there_is_only_linked() {
        let proposal = of(&[
            issue(9, "docs for sessions.", &json!([1])),
            issue(3, "Sessions end", &json!([1, "#31", 9])),
            issue(1, "Sessions outlive a restart", &json!(["#7"])),
            issue(4, "oil the hinge", &json!([])),
        ])
        .unwrap();
        let titles: Vec<&str> = proposal.issues.iter().map(|one| one.title.as_str()).collect();
        assert_eq!(titles, ["Sessions outlive a restart", "Sessions end"]);
        assert!(proposal.issues[0].waits.is_empty(), "what is closed holds nothing up");
        assert_eq!(proposal.issues[1].waits, [WaitsOn::New(1), WaitsOn::Issue(31)]);
        let linked: Vec<_> =
            proposal.linked.iter().map(|one| (one.number, one.open, &one.waits[..])).collect();
        assert_eq!(linked, [(7, false, &[][..]), (31, true, &[WaitsOn::New(1)][..])]);
        assert_eq!((proposal.count(), proposal.free()), (4, 1));
    }

    #[test]
    fn it_is_stored_and_read_again() {
        let proposal =
            of(&[issue(1, "Oil it", &json!([])), issue(2, "Wax it", &json!([1, "#31"]))]);
        let stored = serde_json::to_string(&proposal.clone().unwrap()).unwrap();
        assert_eq!(
            stored,
            r#"{"issues":[{"title":"Oil it","acceptance":"Oil it: it is so","size":"s"},{"title":"Wax it","acceptance":"Wax it: it is so","size":"s","waits":[{"new":1},{"issue":31}]}],"labels":["area/door"]}"#
        );
        assert_eq!(serde_json::from_str::<SplitProposal>(&stored).unwrap(), proposal.unwrap());
    }

    #[test]
    fn what_an_older_version_stored_is_read() {
        let stored = r#"{"issues":[{"title":"Oil it","acceptance":"so","size":"s"}]}"#;
        let proposal: SplitProposal = serde_json::from_str(stored).unwrap();
        assert_eq!((proposal.labels, proposal.issues.len()), (None, 1));
    }

    #[test]
    fn what_follows_from_the_rest_is_waited_for_once() {
        let proposal = of(&[
            issue(1, "Oil it", &json!(["#31"])),
            issue(2, "Wax it", &json!([1, "#31"])),
            issue(3, "Hang it", &json!([1, 2, "#7", "#31"])),
        ])
        .unwrap();
        let waits: Vec<&[WaitsOn]> = proposal.issues.iter().map(|one| &one.waits[..]).collect();
        let expected: [&[WaitsOn]; 3] =
            [&[WaitsOn::Issue(31)], &[WaitsOn::New(1)], &[WaitsOn::New(2)]];
        assert_eq!(waits, expected);
        // What is there already may be closed any time: it stands for nothing behind it.
        let linked = of(&[
            issue(1, "Oil it", &json!([])),
            issue(2, "Docs for sessions", &json!([1])),
            issue(3, "Hang it", &json!([1, 2])),
        ]);
        let waits = &linked.unwrap().issues[1].waits;
        assert_eq!(waits[..], [WaitsOn::New(1), WaitsOn::Issue(31)]);
    }

    /// Issues of which the first `early` wait for nothing, and each of the others for all of those.
    fn layers(early: u32, late: u32) -> Vec<Value> {
        let before: Vec<u32> = (1..=early).collect();
        let after = |id| if id <= early { json!([]) } else { json!(before) };
        (1..=early + late).map(|id| issue(id, &format!("Do {id}"), &after(id))).collect()
    }

    #[test]
    fn so_many_dependencies_are_set_and_no_more() {
        assert!(of(&layers(6, 10)).is_ok());
        assert_eq!(
            fault(&layers(15, 15)),
            "The issues of the proposal have 225 dependencies, beside those that follow from others; \
             at most 60 are set. Name of each only what it cannot begin without, or propose fewer issues."
        );
        // A row of thirty in which each waits for all before it is a row.
        let row = (1..=30).map(|id| {
            let before: Vec<u32> = (1..id).collect();
            issue(id, &format!("Do {id}"), &json!(before))
        });
        assert_eq!(of(&row.collect::<Vec<_>>()).unwrap().dependencies(), 29);
    }

    #[test]
    fn each_fault_is_named_so_that_it_can_be_mended() {
        let none = json!([]);
        let there = |number: i64| json!({ "id": "a", "title": "A", "acceptance": "so", "size": "s", "issue": number });
        let also =
            json!({ "id": "b", "title": "Docs for sessions", "acceptance": "so", "size": "s" });
        for (issues, expected) in [
            (vec![issue(1, "A", &none), issue(1, "B", &none)], "Two issues have the id \"1\"."),
            (
                vec![issue(1, "A", &none), issue(2, "a.", &none)],
                "Two issues have the title \"a.\".",
            ),
            (
                vec![issue(1, "A", &json!([7]))],
                "Issue \"1\" depends on \"7\", which is neither an issue of the proposal nor one that is there.",
            ),
            (
                vec![issue(1, "A", &json!(["#99"]))],
                "Issue \"1\" depends on \"#99\", which is neither an issue of the proposal nor one that is there.",
            ),
            (
                vec![issue(1, "A", &json!(["#12"]))],
                "Issue \"1\" depends on \"#12\", which is neither an issue of the proposal nor one that is there.",
            ),
            (vec![there(99)], "Issue \"a\" is said to be there as #99, which it is not."),
            (vec![there(12)], "Issue \"a\" is the one that is to be split."),
            (vec![issue(1, "SESSIONS", &none)], "Issue \"1\" is the one that is to be split."),
            (
                vec![there(31), also],
                "Issues \"a\" and \"b\" are the same one, #31, which is there already.",
            ),
            (
                vec![issue(1, "A", &json!([2])), issue(2, "B", &json!([1]))],
                "These issues wait for one another in a circle: 1, 2.",
            ),
            (vec![issue(1, "A", &json!([1]))], "These issues wait for one another in a circle: 1."),
            (
                vec![issue(1, "Docs for sessions", &json!(["#31"]))],
                "These issues wait for one another in a circle: 1.",
            ),
        ] {
            assert_eq!(fault(&issues), expected);
        }
    }
}
