//! Jobs: one thread given to one agent for one purpose, and all that can become of it.
//!
//! [`advance()`] is the whole of it: a job and a step give the job after it and what is to be done.
//! Pure, so that every runner drives the same one, and a history that is folded again ([`fold`])
//! gives the same job.
//!
//! ```text
//! queued -> preflight -> running -> verifying -> [deciding] -> done | no_change
//! ```
//!
//! | state | leads to |
//! |---|---|
//! | queued | preflight, when an agent is leased ([`Act::Lease`]); waiting if a person is asked first ([`Act::Propose`]); dead if nobody ever takes it |
//! | preflight | running ([`Act::Start`]); backing_off or waiting if it cannot even begin |
//! | running | verifying; waiting while its host is away or a person is asked; uncertain; backing_off if it failed |
//! | verifying | done, no_change, deciding; backing_off for a repair, or if nothing was left |
//! | deciding | done, no_change, cancelled; verifying when the head moves; backing_off for a repair |
//! | backing_off, waiting | queued, or back to running; cancelled if a person says no to a start, or nobody answers |
//! | uncertain | whatever is found out; cancelled if nothing is |
//! | done, no_change, cancelled, dead | queued, by [`JobEvent::Retry`] |
//! | done, merged | done, reverted ([`JobEvent::Reverted`]); of what was merged before a retry that changes nothing |
//! | done, verified, and nobody was asked | backing_off, if a review asks for changes ([`JobEvent::Reviewed`]) |
//! | done, accepted by a person | verifying or backing_off, if it is not merged ([`JobEvent::NotMerged`]); backing_off, if a person's review asks for changes before it is |
//!
//! - What ends without anything to judge is an attempt that is **spent** ([`Past::charged`]). A
//!   round of repair is none: it has its own count, and an attempt that is lost within a round
//!   repeats that round. What never ran, and what timmy's own stop cut off, costs none, and has a
//!   cap of its own.
//! - What follows an attempt that may still push gets a **branch** of its own. A job that **adopts**
//!   a pull request has one, that of the pull request, and begins each attempt at its head.
//! - **Cancel** asks an agent to stop. The job is cancelled when that was seen, or when nobody
//!   waits for it any longer; until then the issue stays leased.
//! - Each attempt has a **fencing token** ([`Fence`]); what is told of any other comes too late.
//! - A **review** that asks for changes is a text for the agent that a result does not pass by: what
//!   was made without it is repaired before anybody is asked. Once it was dealt with, its remarks
//!   are answered.
//! - A **review by an agent** of timmy's own asks for a round of repair as well, within the rounds that
//!   there may be ([`JobEvent::Reviewed`]). Such a review is a job too: it lives beside the one that
//!   works there, changes nothing, and looks once more where the head moved under it
//!   ([`Verdict::HeadMoved`]). One that is dismissed before anybody heard it asks for nothing: a round
//!   that nothing else is left for is taken back ([`JobEvent::Dismissed`]).
//! - A **yes** to a result goes on over timmy's own update of the branch, if the change is the same
//!   and passes ([`AcceptedChange`]).
//! - A job that **plans** ([`Purpose::Plan`]), or proposes what an epic is **split** into
//!   ([`Purpose::Split`]), is judged by what it says; that is a question, and nothing that could be done
//!   is a round of it.
//! - What an agent pushes outside of its lease is **late**: it is never trusted unseen.
//! - Some work does not begin without a **yes**, nor does an attempt for which the budget of its issue
//!   has no room ([`ask_first`]). The yes holds for every attempt that is within its terms.
//! - [`standing`] tells a runner that remembers nothing what there is to do. It looks before it
//!   repeats, and how an attempt goes before it says that its time is over: nobody looked meanwhile.
//!
//! Beside the reducer: what the forge shows of a result ([`evidence`]), what attempts cost ([`money`]), who gets the next one ([`ladder`]), and
//! when an agent gets none ([`breaker`]).

#![warn(clippy::wildcard_enum_match_arm)]

mod accepted;
mod action;
mod advance;
pub mod ask_first;
mod attempt;
mod branch;
pub mod breaker;
mod clocks;
mod course;
mod ended;
mod event;
pub mod evidence;
mod heard;
mod idle;
mod ids;
mod illegal;
mod job;
mod job_thread;
pub mod ladder;
mod led;
mod live;
mod merge;
mod merge_refusal;
mod merged_before;
mod moment;
pub mod money;
mod objection;
mod preflight;
mod record;
mod result;
pub mod revert;
mod review;
mod run_handle;
mod spec;
pub mod start_terms;
mod state;
mod told;
mod turn;
mod write_right;

pub use crate::core::command::value::JobId;
pub use accepted::{AcceptedChange, ChangeDigest, JudgedChange};
pub use action::{AttemptEnd, JobAction, standing};
pub use advance::{advance, fold};
pub use branch::{AdoptedBranch, JobBranch, NotAdoptable, PullSource};
pub use clocks::{DeadlineKind, Deadlines, TimeLeft, Timeouts};
pub use course::{AttemptResult, Course, LeftBranch, Sequel, Tries};
pub use event::{
    Act, AgentClaim, CancelReason, Citation, Failure, JobEvent, JobStep, LeaseTerms, NeverRan,
    OutcomeDigest, PersonAnswer, Progress, Push, Pusher, ResultJudgement, StepKind, Verdict,
};
pub use ids::{Branch, Commit, Fence, NotACommit, NotAJobBranch};
pub use illegal::{IllegalEvent, IllegalReason};
pub use job::{Job, Past, PastOutcome, Ran, SeenResult, Tried};
pub use job_thread::{JobThread, RoutineRun};
pub use led::led_to_a_change;
pub use merge::JobMerge;
pub use merge_refusal::{MergeRecovery, MergeRefusal};
pub use merged_before::MergedBefore;
pub use moment::{Draw, StepTime};
pub use objection::{Objection, ObjectionForce};
pub use record::{AttemptRecord, JobRecord};
pub use review::{
    FindingPlace, GivenReview, ReviewClaim, ReviewFinding, ReviewFollowUp, ReviewShare,
    asks_for_changes,
};
pub use run_handle::RunHandle;
pub use spec::{CrewPart, CrewPlace, CrewTerms, JobLimits, NewJob, Origin, Purpose, Spec};
pub use state::{
    AgentStop, Attempt, AwaitedStart, BackingOff, Cancelled, DeadReason, Deciding, Done,
    HeldAttempt, HeldBy, IdleWait, Late, Leased, Phase, Preflight, Question, Queued,
    RunningAttempt, State, StateKind, Stopping, Then, Uncertain, Verifying, WaitReason, Waiting,
    WorkKind,
};
pub use told::{ToldReview, ToldText};
pub use write_right::WriteRight;
