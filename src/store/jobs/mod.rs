//! Jobs, their histories, attempts and leases. Each function that moves a job is one named
//! transition: called in a transaction, it stores the step, the job after it, and what it makes a
//! runner do, or nothing of it. So every runner drives the same jobs in the same way.
//!
//! - `create`: a job for a thread, and whether one may be there.
//! - `by_itself`: what was matched is begun without anybody asking for it.
//! - `by_routine`: what comes of a date of a routine.
//! - `card_claim`: whether the card of a job claims its thread.
//! - `crew`: what the moves of jobs make of their crews.
//! - `advance`: an event happened ([`advance()`]). Told twice under one key, it happened once.
//! - `lease`: a match is carried out ([`dispatch`]), an agent gets a job and is started ([`lease()`],
//!   [`start()`]): the two steps that
//!   nobody may tell, since they are made only where `check` finds, in the same transaction, that
//!   they are still right.
//! - `attempts`: what attempts cost, and whether an agent's breaker is open.
//! - `costs`: the same by agent and day.
//! - `quotas`: what was used of quotas, and which of them are used up.
//! - `load`: jobs as they stand, and what is due.
//! - `decide`: what it asks people is put, answered or void; `asked` closes what it asks no more.
//! - `history`: what a job went through, folded again.
//! - `run`: what a runner keeps of an attempt, and which jobs it looks after.
//! - `reviews`: what agents said of pull requests; `reviewed`: what that makes of who works there.
//! - `speech`: what a move says goes into the outbox with it. `split`: what an epic becomes.
//! - `start_fetcher`: which worker was given the start of an attempt.
//! - `transcript`: what attempts said and did. `write_right`: whether they may still hand it in.
//! - `numbers`: names and numbers that another ledger for the same account does not give.

mod advance;
mod asked;
mod attempts;
mod by_itself;
mod by_routine;
mod card_claim;
mod check;
mod costs;
mod create;
mod crew;
mod decide;
mod history;
mod lease;
mod load;
mod merged_before;
mod merged_job;
mod numbers;
#[cfg(test)]
mod plans;
mod quotas;
mod record;
mod results;
mod reviewed;
mod reviews;
mod run;
mod speech;
mod split;
mod start_fetcher;
mod transcript;
mod write_right;

pub use advance::{Advanced, InTheWay, advance, in_the_way};
pub use attempts::{
    ProbeTime, StoredAttempt, attempt, attempts, breaker, left_in, spending, spent_by, spent_of,
    spent_on, spent_since, trust_again,
};
pub use by_itself::{AutomaticLimits, AutomaticStart, Begun, begin_by_itself};
pub use by_routine::{
    LeftOpen, RoutineEnd, RoutineHold, RoutineInTheWay, RoutineStart, begin_routine,
    routine_in_the_way, routines_waiting,
};
pub use card_claim::{CardPost, card_post, is_own_card};
pub use check::{ForgeView, LeaseRefusal, LeaseRequest, present_load, probe_time};
pub use costs::{AgentCost, costs_between};
pub use create::{NotCreated, create};
pub use crew::{crew_due, crew_of, crew_record, planned, review_dismissed};
pub use decide::{GivenAnswer, budget_raised, decide, put_question, void};
pub use history::{HistoryError, StoredStep, history, rebuilt, texts};
pub use lease::{Lease, dispatch, lease, lease_of, leases, propose, start};
pub use load::{
    StoredJob, add_work, due, get, live, live_in, live_review_in, next_due_after, pull_closed,
    unsettle, work,
};
pub use merged_before::{merged_before_of, merged_jobs_before};
pub use merged_job::MergedJob;
pub use numbers::{ShownNumbers, count_above, introduce, restore};
pub use quotas::{
    fill as fill_quotas, is_quota_spent, look_at_quota, quota_claimed_spent, quota_spent,
    try_quota_at_once,
};
pub use record::{
    dead_ids, dead_since, ended_between, ended_ids, latest_in, latest_review_in, live_ids, record,
    refused_ids, reverted_between, unasked_ids,
};
pub use results::{merged_into, merged_since, outcomes, results, touches};
pub use reviewed::{ToldReviewed, dismissed_texts, tell_reviewed, worked_on};
pub use reviews::{
    count_review, keep_dismissed, keep_review, review_shares, reviews_of_pull, taken_reviews,
    uncounted_reviews,
};
pub use run::{
    WatchedJob, asks, base_branch, fleet_moved, found, has_asked, is_any_queued, is_small,
    is_thread_open, keep_findings, linked_pulls, note_waiting, prepared, pulls_of, queued, said,
    seen, steps, waits_for, watched,
};
pub use speech::{card_told_at, refresh_card, set_card};
pub use split::proposed;
pub use start_fetcher::{keep_start_fetcher, start_fetcher};
pub use transcript::{AttemptLog, attempt_logs, keep_transcript, without_transcript};
pub use write_right::write_right;
