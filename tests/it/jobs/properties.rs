//! What holds of a job whatever happens to it, in whichever order.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use timmy::core::jobs::{
    Act, AttemptEnd, CancelReason, Done, Draw, Fence, Job, JobAction, JobEvent, JobStep, State,
    StateKind, StepKind, StepTime, Verdict, advance, fold, standing,
};

use super::table::steps;
use super::{DAY, MINUTE, Story, grant};
use crate::support::random::Random;

/// What was seen of a job from outside.
struct Observer {
    story: Story,
    history: Vec<(JobStep, StepTime)>,
    first: Job,
    /// Attempts that hold a lease.
    live: BTreeSet<Fence>,
    newest: Fence,
    /// Attempts that count, since somebody last said `retry`.
    spent: BTreeSet<Fence>,
}

impl Observer {
    fn new() -> Self {
        let story = Story::new();
        let first = story.job.clone();
        let (live, spent) = (BTreeSet::new(), BTreeSet::new());
        Self { story, history: Vec::new(), first, live, newest: Fence(-1), spent }
    }

    /// One of the steps that are possible, at a moment that is later by up to a few days.
    fn take(&mut self, which: u64, wait: u8, chance: u16) -> Result<(), TestCaseError> {
        let wait = match wait {
            0..=3 => Duration::ZERO,
            4 => MINUTE,
            5 => 11 * MINUTE,
            6 => DAY,
            _ => {
                let due = self.story.job.state.due_at();
                due.map_or(Duration::ZERO, |due| due.since(self.story.now))
            }
        };
        self.story.now = self.story.now.after(wait);
        let now = StepTime { at: self.story.now, chance: Draw(chance) };
        let mut steps = steps(&self.story);
        // In an order of its own, and mostly what leads somewhere else first.
        let mut random = Random::new(which);
        steps.sort_by_cached_key(|(_, step)| {
            let is_aside = !which.is_multiple_of(8) && is_aside(step.kind(), &self.story.job);
            (is_aside, random.number())
        });
        let mut possible = steps
            .into_iter()
            .filter_map(|(_, step)| Some((advance(&self.story.job, &step, now).ok()?, step)));
        let ((after, actions), step) = possible.next().expect("something that is possible");
        drop(possible);
        self.see(&step, &after, &actions)?;
        self.story.job = after;
        self.history.push((step, now));
        Ok(())
    }

    fn see(
        &mut self,
        step: &JobStep,
        after: &Job,
        actions: &[JobAction],
    ) -> Result<(), TestCaseError> {
        let before = &self.story.job;
        let was_over = before.state.kind().is_end();
        if was_over && !after.state.kind().is_end() {
            let was_accepted = before.state == State::Done(Done::Accepted);
            match step.kind() {
                StepKind::NotMerged => prop_assert!(was_accepted),
                // What nobody had to accept is mended as a review wants it.
                StepKind::Reviewed => {
                    prop_assert_eq!(&before.state, &State::Done(Done::Verified));
                }
                other => {
                    prop_assert_eq!(other, StepKind::Retry);
                    self.spent.clear();
                }
            }
        } else if was_over && before.state != after.state {
            let is_merged = before.state == State::Done(Done::Merged);
            let expected = if is_merged { StepKind::Reverted } else { StepKind::Merged };
            prop_assert_eq!(step.kind(), expected);
        }
        if before.state.kind() == StateKind::Deciding && step.kind() == StepKind::Retry {
            // A person would rather have it all done once more.
            self.spent.clear();
        }
        if let JobStep::Act(Act::Lease(grant)) = step {
            prop_assert!(grant.fence > self.newest, "fencing tokens grow");
            prop_assert!(self.live.is_empty(), "two live attempts");
            let most = usize::try_from(before.spec.limits.attempts).unwrap();
            prop_assert!(self.spent.len() < most, "more attempts than allowed");
            self.newest = grant.fence;
            self.live.insert(grant.fence);
        }
        if let JobStep::Event(JobEvent::Refund(fence)) = step {
            self.spent.remove(fence);
        }
        for action in actions {
            match action {
                JobAction::Release { fence, end, .. } => {
                    prop_assert!(self.live.remove(fence), "released twice");
                    if matches!(
                        end,
                        AttemptEnd::Failed | AttemptEnd::TimedOut(_) | AttemptEnd::Lost
                    ) {
                        self.spent.insert(*fence);
                    }
                }
                JobAction::Left { fence, left: false } => {
                    self.spent.insert(*fence);
                }
                _ => {}
            }
        }
        // What does not stand is there, and its attempt is spent all the same.
        if let (JobStep::Event(JobEvent::Judged(judged)), Some(last)) = (step, &before.past.last)
            && judged.verdict == Verdict::Unfit
        {
            self.spent.insert(last.fence());
        }
        let held: BTreeSet<Fence> = after.state.leased().map(|l| l.fence()).into_iter().collect();
        prop_assert_eq!(&held, &self.live);
        let charged: BTreeSet<Fence> = after.past.charged.iter().copied().collect();
        prop_assert_eq!(&charged, &self.spent);
        if before.past.late.is_some() && step.kind() == StepKind::Judged {
            prop_assert!(
                !matches!(after.state, State::Done(_) | State::NoChange),
                "late and trusted"
            );
        }
        // A runner that was told of each step knows what one does that remembers nothing.
        let known = standing(before).into_iter().chain(actions.iter().cloned());
        let known: Vec<JobAction> =
            known.filter(|action| standing(after).contains(action)).collect();
        prop_assert!(standing(after).iter().all(|action| known.contains(action)));
        Ok(())
    }
}

fn walk() -> impl Strategy<Value = Vec<(u64, u8, u16)>> {
    prop::collection::vec((any::<u64>(), 0..9_u8, any::<u16>()), 0..100)
}

/// What can happen nearly anywhere, and ends a job or leaves it where it is.
fn is_aside(kind: StepKind, job: &Job) -> bool {
    use StepKind::{Cancel, Lifted, Merged, Pushed, Recheck, Refund, Restored, Retry, Told};
    match kind {
        Retry => !job.state.kind().is_end(),
        other => [Cancel, Lifted, Merged, Pushed, Recheck, Refund, Restored, Told].contains(&other),
    }
}

/// Ends that nobody has to help with.
fn left_alone(mut story: Story) -> Story {
    let mut fence = story.job.past.fence.map_or(0, |fence| fence.0);
    for _ in 0..2_000 {
        if story.job.state.kind().is_end() || matches!(story.job.state, State::Deciding(_)) {
            break;
        }
        story = match story.job.state {
            State::Queued(_) => {
                fence += 1;
                let story = story.step(Act::Lease(grant(fence, "ezra")));
                if fence % 2 == 0 { story.start() } else { story }
            }
            _ => story.due(),
        };
    }
    story
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens(walk in walk()) {
        let mut seen = Observer::new();
        for (which, wait, chance) in walk {
            seen.take(which, wait, chance)?;
        }
        let again = fold(seen.first, seen.history.iter().map(|(step, now)| (step, *now)));
        prop_assert_eq!(again.as_ref(), Ok(&seen.story.job));
        let stored: Job = serde_json::from_str(&serde_json::to_string(&seen.story.job).unwrap()).unwrap();
        prop_assert_eq!(&stored, &seen.story.job);
        for (step, _) in &seen.history {
            let stored: JobStep = serde_json::from_str(&serde_json::to_string(step).unwrap()).unwrap();
            prop_assert_eq!(&stored, step);
        }
    }

    #[test]
    fn every_job_comes_to_an_end(walk in walk()) {
        let mut seen = Observer::new();
        for (which, wait, chance) in walk {
            seen.take(which, wait, chance)?;
        }
        let alone = left_alone(seen.story.clone());
        let is_asked = matches!(alone.job.state, State::Deciding(_));
        prop_assert!(alone.job.state.kind().is_end() || is_asked, "{:?}", alone.job.state);

        // Somebody who wants it to end needs one word.
        let mut story = seen.story;
        if !story.job.state.kind().is_end() {
            if story.try_step(JobEvent::Cancel(CancelReason::IssueGone)).is_ok() {
                story = story.step(JobEvent::Cancel(CancelReason::IssueGone));
            }
            if !story.job.state.kind().is_end() {
                story = story.due();
            }
        }
        prop_assert!(story.job.state.kind().is_end(), "{:?}", story.job.state);
    }
}
