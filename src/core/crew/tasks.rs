//! What goes from task to task.

use super::progress::{Crew, TaskStanding};

/// How much of what was brought is told to one agent, in bytes.
pub const MOST_ARTIFACT_BYTES: usize = 16 << 10;

/// What an earlier task brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    pub task: u32,
    pub role: String,
    pub title: String,
    /// Its result, as its agent and the forge say it.
    pub text: String,
    /// Whether more of it was there.
    pub is_cut: bool,
}

impl Crew {
    /// The numbers of the tasks whose results the task `number` is given: of all that it waits for, on
    /// whichever way, those that brought something, in order.
    pub fn gives_to(&self, number: u32) -> Vec<u32> {
        let mut before: Vec<u32> = Vec::new();
        let mut open = vec![number];
        while let Some(next) = open.pop() {
            let after = self.task(next).map(|(task, _)| task.after.clone()).unwrap_or_default();
            for on in after.into_iter().filter(|on| !before.contains(on)).collect::<Vec<_>>() {
                before.push(on);
                open.push(on);
            }
        }
        before.sort_unstable();
        let has_brought = |number: &u32| {
            self.task(*number).is_some_and(|(_, progress)| {
                matches!(
                    progress.standing,
                    TaskStanding::Done | TaskStanding::Delivered { .. } | TaskStanding::NoChange
                )
            })
        };
        before.retain(has_brought);
        before
    }
}

/// What was brought, cut so that all of it stays within the budget: each gets an equal share of what is
/// left, and what one does not need is for those behind it.
pub fn artifacts(mut brought: Vec<Artifact>) -> Vec<Artifact> {
    let mut room = MOST_ARTIFACT_BYTES;
    let mut left = brought.len();
    for artifact in &mut brought {
        let share = room / left.max(1);
        if artifact.text.len() > share {
            let end = (0..=share).rev().find(|end| artifact.text.is_char_boundary(*end));
            artifact.text.truncate(end.unwrap_or_default());
            artifact.is_cut = true;
        }
        room = room.saturating_sub(artifact.text.len());
        left = left.saturating_sub(1);
    }
    brought
}

#[cfg(test)]
mod tests {
    use crate::core::crew::tasks::*;

    fn brought(texts: &[&str]) -> Vec<(usize, bool)> {
        let all = (1..).zip(texts).map(|(task, text)| Artifact {
            task,
            role: "researcher".to_owned(),
            title: "Find out".to_owned(),
            text: (*text).to_owned(),
            is_cut: false,
        });
        artifacts(all.collect()).into_iter().map(|one| (one.text.len(), one.is_cut)).collect()
    }

    #[test]
    fn what_is_brought_stays_within_its_budget() {
        let long = "é".repeat(MOST_ARTIFACT_BYTES);
        assert_eq!(brought(&["short", "also"]), [(5, false), (4, false)]);
        assert_eq!(brought(&[&long]), [(MOST_ARTIFACT_BYTES, true)]);
        assert_eq!(
            brought(&["four", &long, &long]),
            [
                (4, false),
                ((MOST_ARTIFACT_BYTES - 4) / 2, true),
                ((MOST_ARTIFACT_BYTES - 4) / 2, true),
            ]
        );
        assert!(brought(&[]).is_empty());
    }
}
