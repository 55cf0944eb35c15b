//! How the people of one repository keep their issues: no two teams do alike.

use fastrand::Rng;

use super::texts;
use super::thread::{DAY, PEOPLE, Thread};
use crate::core::model::time::Timestamp;

/// What is usual in a repository, in percent of its issues.
pub(super) struct Habits {
    priority: u8,
    size: u8,
    skill: u8,
    milestone: u8,
    due: u8,
    assigned: u8,
    acceptance: u8,
    checklist: u8,
    empty: u8,
}

const PRIORITIES: [&str; 8] = [
    "priority/p0",
    "priority/p1",
    "priority/p1",
    "priority/p2",
    "priority/p2",
    "priority/p2",
    "priority/p3",
    "priority/p3",
];
const SIZES: [&str; 5] = ["size/xs", "size/s", "size/m", "size/l", "size/xl"];
const SKILLS: [&str; 4] = ["skill/rust", "skill/python", "skill/sql", "skill/frontend"];
const ROLES: [&str; 3] = ["role/reviewer", "role/researcher", "role/devops"];
const KINDS: [&str; 5] = ["bug", "feature", "docs", "question", "good first issue"];

impl Habits {
    /// Those of some repository: labels are in use, or not at all.
    pub(super) fn some(rng: &mut Rng) -> Self {
        let mut usual = |one_in: u8, percent: u8| match rng.u8(0..one_in) {
            0 => 0,
            _ => rng.u8(percent / 2..=percent),
        };
        Self {
            priority: usual(3, 80),
            size: usual(2, 70),
            skill: usual(3, 40),
            milestone: usual(2, 50),
            due: usual(2, 12),
            assigned: usual(4, 20),
            acceptance: usual(3, 70),
            checklist: usual(3, 40),
            empty: usual(2, 12),
        }
    }

    /// The milestones there: one past, some to come, one without a date.
    pub(super) fn milestones(
        &self,
        rng: &mut Rng,
        now: Timestamp,
    ) -> Vec<(String, Option<Timestamp>)> {
        if self.milestone == 0 {
            return Vec::new();
        }
        let after = |rng: &mut Rng, days| now.after(DAY * rng.u32(days));
        vec![
            ("v0.9".to_owned(), Some(now.before(DAY * rng.u32(1..60)))),
            ("v1.0".to_owned(), Some(after(rng, 1..40))),
            ("v2.0".to_owned(), Some(after(rng, 40..300))),
            ("someday".to_owned(), None),
        ]
    }

    pub(super) fn issue(
        &self,
        rng: &mut Rng,
        number: usize,
        created: Timestamp,
        now: Timestamp,
        milestones: usize,
    ) -> Thread {
        let is_epic = number > 4 && rng.u8(0..40) == 0;
        let mut labels = self.labels(rng);
        if is_epic {
            labels.push("epic");
        }
        let due = chance(rng, self.due).then(|| match rng.u8(0..3) {
            0 => now.before(DAY * rng.u32(0..20)),
            _ => now.after(DAY * rng.u32(0..30)),
        });
        Thread {
            title: texts::title(rng),
            body: if is_epic { texts::epic(rng, number) } else { self.body(rng) },
            author: pick(rng, &PEOPLE),
            labels,
            assignees: chance(rng, self.assigned).then(|| pick(rng, &PEOPLE)).into_iter().collect(),
            milestone: (milestones > 0 && chance(rng, self.milestone))
                .then(|| rng.usize(0..milestones)),
            due,
            pinned: number <= 3 && rng.u8(0..6) == 0,
            created,
            is_pull: false,
            waits_for: Vec::new(),
        }
    }

    /// A pull request behind the issue `number`; it mostly says what it closes.
    pub(super) fn pull(&self, rng: &mut Rng, number: usize, created: Timestamp) -> Thread {
        Thread {
            title: texts::title(rng),
            body: texts::pull(rng, number),
            author: pick(rng, &PEOPLE),
            labels: Vec::new(),
            assignees: Vec::new(),
            milestone: None,
            due: None,
            pinned: false,
            created,
            is_pull: true,
            waits_for: Vec::new(),
        }
    }

    fn labels(&self, rng: &mut Rng) -> Vec<&'static str> {
        let mut labels = Vec::new();
        let mut sometimes = |percent, choices: &[&'static str]| {
            if chance(rng, percent) {
                labels.push(pick(rng, choices));
            }
        };
        sometimes(self.priority, &PRIORITIES);
        sometimes(self.priority / 25, &PRIORITIES); // somebody forgot to take the other one away
        sometimes(self.size, &SIZES);
        sometimes(self.skill, &SKILLS);
        sometimes(self.skill / 3, &ROLES);
        sometimes(50, &KINDS);
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    fn body(&self, rng: &mut Rng) -> String {
        if chance(rng, self.empty) {
            return String::new();
        }
        let (acceptance, checklist) = (chance(rng, self.acceptance), chance(rng, self.checklist));
        texts::body(rng, acceptance, checklist)
    }
}

fn chance(rng: &mut Rng, percent: u8) -> bool {
    rng.u8(0..100) < percent
}

fn pick<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(0..choices.len())]
}
