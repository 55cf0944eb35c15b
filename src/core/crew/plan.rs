//! What a manager plans: read from its result line, and held to what a crew can do.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::fault::{MOST_TASKS, PlanFault};
use crate::core::jobs::Purpose;
use crate::core::jobs::evidence::{SaidEntry, said_entries};

/// How many characters of a role are kept.
const LONGEST_ROLE: usize = 40;

/// A task, as it was planned: not yet anybody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftTask {
    /// What the plan calls it.
    pub id: String,
    /// In lower case.
    pub role: String,
    pub title: String,
    /// What makes it done.
    pub acceptance: String,
    /// The places in the plan of those that come first, from 0 on.
    pub after: Vec<usize>,
}

/// A task of a plan, with who does it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTask {
    pub role: String,
    pub title: String,
    pub acceptance: String,
    /// The numbers of the tasks that come first, from 1 on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<u32>,
    pub agent: String,
}

/// A plan that a crew can work by. Its tasks are numbered from 1 on, in the order in which they begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrewPlan {
    pub tasks: Vec<PlannedTask>,
    /// What its tasks may cost in all, in millionths of a US dollar.
    pub micro_usd: u64,
    /// Nobody's: the manager made none that could be worked by.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_fixed: bool,
}

impl DraftTask {
    pub(super) fn purpose(&self) -> Purpose {
        purpose_of(&self.role)
    }
}

impl PlannedTask {
    pub fn purpose(&self) -> Purpose {
        purpose_of(&self.role)
    }
}

/// What comes of work in a role.
fn purpose_of(role: &str) -> Purpose {
    Purpose::on_an_issue(role).unwrap_or(Purpose::Review)
}

/// The plan that a manager ended with, in the order in which its tasks can be worked on. `roles`: those
/// that somebody holds.
///
/// # Errors
/// What is wrong with it, so that it can be mended.
pub fn read_plan(said: &str, roles: &BTreeSet<String>) -> Result<Vec<DraftTask>, PlanFault> {
    let drafts = linked(&said_entries(said, "tasks", MOST_TASKS)?)?;
    let drafts = in_order(drafts)?;
    check(&drafts, roles)?;
    Ok(drafts)
}

/// Each task with the places of those that it depends on.
fn linked(said: &[SaidEntry]) -> Result<Vec<DraftTask>, PlanFault> {
    let mut places = BTreeMap::new();
    for (place, task) in said.iter().enumerate() {
        if places.insert(task.id.clone(), place).is_some() {
            return Err(PlanFault::SameId(task.id.clone()));
        }
    }
    let draft = |task: &SaidEntry| {
        let mut after = BTreeSet::new();
        for on in &task.after {
            let unknown = || PlanFault::UnknownDependency { task: task.id.clone(), on: on.clone() };
            after.insert(*places.get(on).ok_or_else(unknown)?);
        }
        Ok(DraftTask {
            id: task.id.clone(),
            role: task.words("role", LONGEST_ROLE)?.to_lowercase(),
            title: task.title.clone(),
            acceptance: task.acceptance.clone(),
            after: after.into_iter().collect(),
        })
    };
    said.iter().map(draft).collect()
}

/// When a task comes, beside what it depends on: what is found out and done first, then the change, then
/// its reviews.
fn stage(draft: &DraftTask) -> u8 {
    match draft.purpose() {
        Purpose::Research | Purpose::Ops | Purpose::Plan | Purpose::Split => 0,
        Purpose::Code | Purpose::Repair => 1,
        Purpose::Review => 2,
    }
}

/// The tasks so that each stands behind all that it depends on.
fn in_order(drafts: Vec<DraftTask>) -> Result<Vec<DraftTask>, PlanFault> {
    let mut order: Vec<usize> = Vec::new();
    while order.len() < drafts.len() {
        let is_free = |place: &usize| {
            !order.contains(place) && drafts[*place].after.iter().all(|on| order.contains(on))
        };
        let next = (0..drafts.len()).filter(is_free).min_by_key(|place| stage(&drafts[*place]));
        let Some(next) = next else {
            let left = (0..drafts.len()).filter(|place| !order.contains(place));
            return Err(PlanFault::Circle(left.map(|place| drafts[place].id.clone()).collect()));
        };
        order.push(next);
    }
    let place_of = |old: usize| order.iter().position(|place| *place == old).unwrap_or_default();
    let moved = |place: &usize| {
        let draft = drafts[*place].clone();
        let after = draft.after.iter().map(|on| place_of(*on)).collect();
        DraftTask { after, ..draft }
    };
    Ok(order.iter().map(moved).collect())
}

/// Whether a crew can work by it.
fn check(drafts: &[DraftTask], roles: &BTreeSet<String>) -> Result<(), PlanFault> {
    if let Some(draft) = drafts.iter().find(|draft| !roles.contains(&draft.role)) {
        let (task, role) = (draft.id.clone(), draft.role.clone());
        return Err(PlanFault::UnknownRole { task, role, roles: roles.iter().cloned().collect() });
    }
    let changes: Vec<usize> =
        (0..drafts.len()).filter(|place| drafts[*place].purpose().is_change()).collect();
    if changes.len() > 1 {
        let ids = changes.iter().map(|place| drafts[*place].id.clone());
        return Err(PlanFault::ManyChanges(ids.collect()));
    }
    let change = changes.first().copied();
    for (place, draft) in drafts.iter().enumerate() {
        let comes_after = change.is_some_and(|change| leads_to(drafts, change, place));
        match draft.purpose() {
            Purpose::Review if !comes_after => {
                return Err(PlanFault::NothingToReview(draft.id.clone()));
            }
            Purpose::Review => {}
            _ if comes_after => return Err(PlanFault::AfterTheChange(draft.id.clone())),
            _ => {
                let is_review = |on: &usize| drafts[*on].purpose().is_review();
                if draft.after.iter().any(is_review) {
                    return Err(PlanFault::AfterTheChange(draft.id.clone()));
                }
            }
        }
    }
    Ok(())
}

/// Whether the task at `to` waits for the one at `from`, by whichever way.
fn leads_to(drafts: &[DraftTask], from: usize, to: usize) -> bool {
    // Each stands behind all that it depends on.
    drafts[to].after.iter().any(|on| *on == from || leads_to(drafts, from, *on))
}

/// What is worked by where no manager made a plan: it is found out, done and reviewed, as far as
/// somebody holds those roles.
pub fn fixed_plan(roles: &BTreeSet<String>) -> Vec<DraftTask> {
    let mut drafts: Vec<DraftTask> = Vec::new();
    let mut add = |role: &str, title: &str, acceptance: &str| {
        let after = drafts.len().checked_sub(1).into_iter().collect();
        drafts.push(DraftTask {
            id: (drafts.len() + 1).to_string(),
            role: role.to_owned(),
            title: title.to_owned(),
            acceptance: acceptance.to_owned(),
            after,
        });
    };
    if roles.contains("researcher") {
        let acceptance = "the cause and the places are named, with file and line";
        add("researcher", "Find out what the issue is about", acceptance);
    }
    let codes = |role: &&String| purpose_of(role).is_change();
    let coder = Some("coder").filter(|coder| roles.contains(*coder));
    let coder = coder.or_else(|| roles.iter().find(codes).map(String::as_str));
    if let Some(coder) = coder {
        add(coder, "Do what the issue asks for", "what the issue names is met, with tests");
        if roles.contains("reviewer") {
            add("reviewer", "Review the change", "approved");
        }
    }
    drafts
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::core::crew::plan::*;

    fn roles() -> BTreeSet<String> {
        ["coder", "devops", "researcher", "reviewer"].map(str::to_owned).into()
    }

    fn task(id: u32, role: &str, after: &[u32]) -> Value {
        json!({ "id": id, "role": role, "title": format!("Task {id}"),
                "acceptance": "it is so", "depends_on": after })
    }

    fn plan(tasks: &[Value]) -> Result<Vec<DraftTask>, PlanFault> {
        let result = json!({ "outcome": "plan", "tasks": tasks, "summary": "As asked." });
        read_plan(&format!("I thought.\n\ntimmy-result: {result}"), &roles())
    }

    fn order(tasks: &[Value]) -> Vec<String> {
        plan(tasks).unwrap().into_iter().map(|draft| draft.id).collect()
    }

    #[test]
    fn a_plan_is_read_in_the_order_of_what_depends_on_what() {
        let all = [
            task(3, "Reviewer", &[2]),
            task(2, "coder", &[1]),
            task(1, "researcher", &[]),
            task(9, "devops", &[]),
        ];
        let drafts = plan(&all).unwrap();
        let told: Vec<(&str, &str, &[usize])> =
            drafts.iter().map(|d| (d.id.as_str(), d.role.as_str(), &d.after[..])).collect();
        assert_eq!(
            told,
            [
                ("1", "researcher", &[][..]),
                ("9", "devops", &[]),
                ("2", "coder", &[0]),
                ("3", "reviewer", &[2]),
            ]
        );
        // What does not depend on it stands before the change all the same.
        assert_eq!(order(&[task(1, "coder", &[]), task(2, "researcher", &[])]), ["2", "1"]);
    }

    #[test]
    fn whoever_can_only_end_with_a_text_writes_the_plan_there() {
        let inner = json!({ "tasks": [task(1, "coder", &[])] });
        for summary in [inner.to_string(), format!("```json\n{inner}\n```")] {
            let result = json!({ "outcome": "comment", "summary": summary });
            let drafts = read_plan(&format!("timmy-result: {result}"), &roles()).unwrap();
            assert_eq!(drafts.len(), 1);
        }
    }

    #[test]
    fn prose_is_no_plan() {
        for said in [
            "",
            "First somebody should look, then code it.",
            "timmy-result: {\"outcome\":\"comment\",\"summary\":\"First look, then code.\"}",
            "timmy-result: {\"outcome\":\"plan\"}",
            "timmy-result: {\"outcome\":\"plan\",\"tasks\":[",
        ] {
            assert_eq!(read_plan(said, &roles()), Err(PlanFault::NoPlan), "{said}");
        }
        let list = |tasks: Value| {
            let result = json!({ "outcome": "plan", "tasks": tasks });
            read_plan(&format!("timmy-result: {result}"), &roles())
        };
        assert_eq!(list(json!("code it")), Err(PlanFault::NoList));
        assert_eq!(list(json!(["code it"])), Err(PlanFault::NoList));
        assert_eq!(list(json!([])), Err(PlanFault::Empty));
    }

    #[test]
    fn each_fault_is_named_so_that_it_can_be_mended() {
        let many: Vec<Value> = (1..=200).map(|id| task(id, "researcher", &[])).collect();
        let lacks = json!({ "id": 1, "role": "coder", "title": "Do it" });
        let hidden = json!({ "id": 1, "role": "coder", "title": "\u{202e}\u{200b}",
                             "acceptance": "so" });
        for (tasks, expected) in [
            (many, "The plan has 200 tasks; at most 8 are worked on."),
            (vec![lacks], "Task 1 has no `acceptance`, or it is not a text."),
            (vec![hidden], "Task 1 has no `title`, or it is not a text."),
            (
                vec![task(1, "coder", &[]), task(1, "reviewer", &[1])],
                "Two tasks have the id \"1\".",
            ),
            (vec![task(1, "coder", &[7])], "Task \"1\" depends on \"7\", which is no task."),
            (
                vec![task(1, "researcher", &[2]), task(2, "researcher", &[1])],
                "These tasks wait for one another in a circle: 1, 2.",
            ),
            (vec![task(1, "researcher", &[1])], "These tasks wait for one another in a circle: 1."),
            (
                vec![task(1, "wizard", &[])],
                "Task \"1\" has the role \"wizard\", which nobody holds. The roles are: coder, devops, researcher, reviewer.",
            ),
            (
                vec![task(1, "coder", &[]), task(2, "coder", &[1])],
                "The tasks 1, 2 all change code. A crew makes one pull request: put them into one task.",
            ),
            (
                vec![task(1, "researcher", &[]), task(2, "reviewer", &[1])],
                "Task \"2\" is a review, and does not come after a task that changes code.",
            ),
            (
                vec![task(1, "coder", &[]), task(2, "devops", &[1])],
                "Task \"2\" comes after the change of code. Only a review can: leave it out.",
            ),
        ] {
            assert_eq!(plan(&tasks).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn what_a_plan_says_is_bounded_and_visible() {
        let long = json!([{ "role": "coder", "title": "x\n\u{202e}y".repeat(500),
                            "acceptance": "z".repeat(5000), "depends_on": { "no": 1 } }]);
        let result = json!({ "outcome": "plan", "tasks": long });
        let drafts = read_plan(&format!("timmy-result: {result}"), &roles()).unwrap();
        assert!(drafts[0].title.chars().count() <= 200);
        assert!(drafts[0].title.starts_with("x yx y"), "{}", drafts[0].title);
        assert_eq!(drafts[0].acceptance.len(), 1000);
    }

    #[test]
    fn the_fixed_plan_has_what_somebody_holds() {
        let fixed = |roles: &[&str]| -> Vec<String> {
            let roles = roles.iter().map(|role| (*role).to_owned()).collect();
            let drafts = fixed_plan(&roles);
            assert!(check(&drafts, &roles).is_ok());
            drafts.into_iter().map(|draft| draft.role).collect()
        };
        assert_eq!(
            fixed(&["coder", "devops", "researcher", "reviewer"]),
            ["researcher", "coder", "reviewer"]
        );
        assert_eq!(fixed(&["coder", "reviewer"]), ["coder", "reviewer"]);
        assert_eq!(fixed(&["tester"]), ["tester"]);
        assert!(fixed(&["reviewer"]).is_empty());
    }
}
