//! What a job brought that was merged before people wanted it once more. That stays so, and stays
//! counted, whatever the job does later: its present state tells nothing of it any more.

use super::event::{Act, JobEvent, JobStep};
use super::ids::{Commit, Fence};
use super::merge::JobMerge;
use super::moment::StepTime;
use super::record::JobRecord;
use super::state::{Done, State};
use crate::core::model::time::Timestamp;

/// What was merged of a job before it began once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedBefore {
    /// What the merge made, and when that was known.
    pub commit: Commit,
    pub at: Timestamp,
    /// The pull request, and what of it was judged last.
    pub pull: Option<i64>,
    pub judged: Option<Commit>,
    /// The newest lease then, and the agent that had it.
    pub fence: Option<Fence>,
    pub agent: Option<String>,
    /// The commit that took it back, and when that was seen.
    pub reverted: Option<(Commit, Timestamp)>,
    /// The agent whose account merged it, if one did.
    pub by_agent: Option<String>,
    /// How many steps the job had made when it was merged.
    steps: usize,
}

/// What is known of the result that a job works on.
#[derive(Default)]
struct Present {
    pull: Option<i64>,
    judged: Option<Commit>,
    fence: Option<Fence>,
    agent: Option<String>,
    merged: Option<MergedBefore>,
}

impl JobRecord {
    /// What was merged of it before it began once more, in order.
    pub fn merged_before(&self) -> Vec<MergedBefore> {
        let mut before = Vec::new();
        let mut present = Present::default();
        for (number, (step, now)) in self.steps.iter().enumerate() {
            match step {
                JobStep::Act(Act::Lease(terms)) => {
                    present.fence = Some(terms.fence);
                    present.agent = Some(terms.agent.clone());
                }
                JobStep::Event(JobEvent::Judged(judged)) => {
                    present.pull = judged.pull.or(present.pull);
                    present.judged = judged.commit.clone().or(present.judged);
                }
                JobStep::Event(JobEvent::Merged(merge)) => {
                    present.merged = Some(present.as_merged(merge, now.at, number + 1));
                }
                JobStep::Event(JobEvent::Reverted(commit)) => {
                    let is_kept = |one: &&mut MergedBefore| one.reverted.is_none();
                    let earlier = before.iter_mut().rev().find(is_kept);
                    if let Some(merged) = present.merged.as_mut().or(earlier) {
                        merged.reverted = Some((commit.clone(), now.at));
                    }
                }
                JobStep::Event(JobEvent::Retry(_)) => {
                    if let Some(merged) = present.merged.take() {
                        before.push(merged);
                        let Present { fence, agent, .. } = present;
                        present = Present { fence, agent, ..Present::default() };
                    }
                }
                JobStep::Act(_) | JobStep::Event(_) => {}
            }
        }
        before
    }

    /// The record as it was when that was merged, or taken back.
    pub fn at_merge(&self, merged: &MergedBefore) -> Self {
        let mut record = self.clone();
        let is_reverted = merged.reverted.is_some();
        record.job.state = State::Done(if is_reverted { Done::Reverted } else { Done::Merged });
        record.job.past.pull = merged.pull;
        record.job.past.commit = Some(merged.commit.clone());
        record.job.past.merged_by.clone_from(&merged.by_agent);
        record.job.past.last = None;
        record.job.past.agent.clone_from(&merged.agent);
        record.ended_at = Some(merged.at);
        record.steps.truncate(merged.steps);
        if let Some((commit, at)) = &merged.reverted {
            let chance = record.steps.last().map(|(_, now)| now.chance);
            let step = JobStep::Event(JobEvent::Reverted(commit.clone()));
            record.steps.extend(chance.map(|chance| (step, StepTime { at: *at, chance })));
        }
        record.attempts.retain(|attempt| merged.fence.is_none_or(|last| attempt.fence <= last));
        (record.doing, record.seen_at, record.waits_for) = (None, None, None);
        record
    }
}

impl Present {
    fn as_merged(&self, merge: &JobMerge, at: Timestamp, steps: usize) -> MergedBefore {
        MergedBefore {
            commit: merge.commit.clone(),
            at,
            pull: self.pull,
            judged: self.judged.clone(),
            fence: self.fence,
            agent: self.agent.clone(),
            reverted: None,
            by_agent: merge.by_agent.clone(),
            steps,
        }
    }
}
