//! Puts a job's questions to people.

use std::time::Duration;

use super::Jobs;
use super::asked_question::AskedQuestion;
use super::look::{NextLook, SeenJob, told};
use super::objections::KnownReviews;
use super::result::may_be_said;
use crate::core::command::value::Cause;
use crate::core::decisions::{Covered, CoveredHead, CoveredStart};
use crate::core::jobs::evidence::read_result;
use crate::core::jobs::start_terms::StartProposal;
use crate::core::jobs::{CancelReason, JobEvent, JobRecord, Purpose, Question, State, Waiting};
use crate::core::model::gesture::Gesture;
use crate::core::model::ids::ThreadId;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::reply::crew::PlanView;
use crate::core::reply::decisions::QuestionView;
use crate::core::reply::jobs::said_in_report;
use crate::core::reply::split::SplitView;
use crate::engine::dismissed_reviews::shown_reviews;
use crate::engine::error::EngineError;
use crate::gitea::{self, PullState};
use crate::store::decisions::NewDecision;
use crate::store::{Connection, Error, backlog, covered_text, jobs};

/// How long it is from one look to the next whether something moved that an open question covers.
pub(super) const LOOKS: Duration = Duration::from_secs(60);

/// How long an attempt is looked for before people are asked about it: most are found.
const SETTLES: Duration = Duration::from_secs(10 * 60);

impl Jobs {
    /// Puts the question of this number, or looks whether it still stands.
    pub(super) async fn ask(
        &self,
        seen: &SeenJob,
        number: u32,
        question: Question,
    ) -> Result<NextLook, Error> {
        let since = seen.job.state.due_at().map(|due| due.before(seen.job.spec.limits.uncertain));
        if let (Question::Uncertain, Some(since)) = (question, since)
            && !since.is_over(SETTLES, self.ctx.now())
        {
            return Ok(NextLook::At(since.after(SETTLES)));
        }
        let looked = seen.clone();
        let read = move |conn: &Connection| AskedQuestion::read(conn, &looked, number);
        let (asked, repo) = (self.ctx.ledger.read(read).await?, seen.repo.as_ref());
        let (Some(asked), Some(repo)) = (asked, repo) else { return Ok(NextLook::Idle) };
        if question == Question::Accept
            && let Some(crew) = &asked.crew
            && crew.holds(seen.job.past.commit.as_ref())
        {
            // What is pushed, closed or merged meanwhile is seen here alone.
            return match self.head_of(seen, question, repo).await {
                Ok(Ok(_)) => self.await_reviews(crew.id).await,
                Ok(Err(event)) => Ok(told(self.tell(seen.id(), event).await?.is_some())),
                Err(error) => {
                    self.incidents.met(&error, seen.job.lane()).await;
                    Ok(self.later(seen))
                }
            };
        }
        match &asked.decision {
            Some(decision) => self.watch(seen, &asked, decision, repo).await,
            None => {
                if question == Question::Accept
                    && let Some(crew) = &asked.crew
                {
                    match self.ask_reviews_again((seen, repo), crew).await {
                        Ok(true) => return self.await_reviews(crew.id).await,
                        // That its pull request is gone is found where it is asked about.
                        Ok(false) | Err(EngineError::Forge(gitea::Error::NotFound { .. })) => {}
                        Err(error) => return self.unasked(seen, error).await,
                    }
                }
                self.put(seen, (number, question), asked, repo).await
            }
        }
    }

    /// What a question is made of cannot be read now.
    async fn unasked(&self, seen: &SeenJob, error: EngineError) -> Result<NextLook, Error> {
        self.incidents.met(&error.of_forge()?, seen.job.lane()).await;
        Ok(self.later(seen))
    }

    async fn put(
        &self,
        seen: &SeenJob,
        (number, question): (u32, Question),
        mut asked: AskedQuestion,
        repo: &Repo,
    ) -> Result<NextLook, Error> {
        let Some(thread) = asked.home else {
            return self.nowhere_to_ask(seen, &asked.record).await;
        };
        let mut all_reviews = None;
        if let Some(number) = seen.job.past.pull.filter(|_| is_code(seen)) {
            // What was dismissed meanwhile is not shown.
            let pull = ThreadId { repo: repo.id, number };
            match shown_reviews(&self.ctx, &repo.name, pull).await {
                Ok(shown) => (asked.record.reviews, all_reviews) = (shown.given, shown.all),
                // That it is gone may be what is asked about.
                Err(EngineError::Forge(gitea::Error::NotFound { .. })) => {}
                Err(error) => return self.unasked(seen, error).await,
            }
        }
        let proposal = proposal_of(seen);
        if let Some(proposal) = proposal
            && !self.shows(proposal, seen, repo).await?
        {
            return Ok(told(self.tell(seen.id(), JobEvent::AskAgain(number)).await?.is_some()));
        }
        if is_proposal(question) && asked.is_edited_since() {
            return Ok(told(self.tell(seen.id(), JobEvent::Recheck).await?.is_some()));
        }
        let head = match self.head_of(seen, question, repo).await {
            Ok(Ok(head)) => head,
            Ok(Err(event)) => return Ok(told(self.tell(seen.id(), event).await?.is_some())),
            Err(error) => {
                self.incidents.met(&error, seen.job.lane()).await;
                return Ok(self.later(seen));
            }
        };
        let pull = head.as_ref().map(|head| head.pull);
        let merged = head.clone().filter(|_| question == Question::Accept);
        let [_, moved] = asked.moved;
        let text = match proposal {
            Some(proposal) => proposal.terms.text,
            None if is_proposal(question) => asked.judged_text.or(asked.text),
            None => asked.text.filter(|_| covers_text(question)),
        };
        let answers = asked.answers.filter(|_| covers_answers(question));
        let plan = asked.crew.as_ref().and_then(|crew| crew.plan.clone());
        let plan = plan.filter(|_| question == Question::Plan);
        let configured = self.ctx.policy.jobs.budgets.issue.at_least(asked.raised);
        let of_plan =
            plan.as_ref().map(|_| CoveredStart { agent: None, configured, budget: configured });
        let start = proposal.map(covered).or(of_plan);
        let split = asked.split.filter(|_| question == Question::Split);
        let take_over = self.ctx.policy.jobs.take_over.filter(|_| question == Question::Accept);
        let permission = asked.asks.filter(|_| question == Question::Permission);
        let new = NewDecision {
            job: seen.id(),
            number,
            question,
            thread,
            pull: seen.job.past.pull.filter(|_| is_code(seen)),
            covers: Covered {
                head,
                text,
                answers,
                take_over,
                start,
                plan: plan.clone(),
                split: split.clone(),
                permission: permission.clone(),
            },
        };
        let says = asked.said.as_deref().map(|said| read_result(said).summary);
        let says = says.filter(|says| may_be_said(says));
        let says = permission.or(says).filter(|says| !says.is_empty());
        let people = self.accounts.people();
        let now = self.step_time();
        let (owner, zone) = (people.owner.login(), &self.ctx.policy.zone);
        let mut view =
            QuestionView::of(&asked.record, question, says, (owner, take_over), now.at, zone);
        view.plan = plan.as_ref().map(|plan| PlanView::of(plan, configured));
        view.split = split
            .as_ref()
            .zip(seen.job.spec.given())
            .map(|(split, epic)| SplitView::of(split, epic.number, &repo.name));
        let notes = asked.crew.iter().filter(|_| question == Question::Accept);
        let notes = notes.flat_map(|crew| crew.review_notes(seen.job.past.commit.as_ref()));
        view.notes = notes.map(|note| note.said()).collect();
        if let Some(head) = merged.filter(|_| view.merges) {
            let known = KnownReviews { record: &asked.record, all: all_reviews };
            view.notes.extend(self.objections(repo, &head, known).await);
        }
        let Some(own) = self.identity.known() else { return Ok(self.later(seen)) };
        let name = own.login.clone();
        let (job, place) = (seen.job.clone(), repo.name.to_string());
        let write = self.ctx.ledger.write(move |tx| {
            let says = |id| said_in_report(&job, &place, view.text(id, &name));
            jobs::put_question(tx, &new, says, now)
        });
        if let Some(id) = write.await? {
            tracing::info!(job = %seen.id(), decision = %id, ?question, "a person is asked");
            self.ctx.stored.notify();
            if let Some(pull) = pull
                && self.tell_scheduled(id, pull, repo).await?
            {
                self.watches.with(seen.id(), |watch| watch.timeline_seen = Some((moved, now.at)));
            }
        }
        Ok(NextLook::At(now.at.after(LOOKS)))
    }

    /// There is no place in which people could be asked: that is waited for as long as a person is. What
    /// ends by itself ends so.
    async fn nowhere_to_ask(&self, seen: &SeenJob, record: &JobRecord) -> Result<NextLook, Error> {
        let since = record.steps.last().map_or(record.created_at, |(_, step)| step.at);
        let until = since.after(seen.job.spec.limits.question);
        let is_without_end = matches!(&seen.job.state, State::Deciding(it) if it.until.is_none());
        if !is_without_end || self.ctx.now() < until {
            return Ok(self.later(seen));
        }
        tracing::warn!(job = %seen.id(), "cancelled: there is no place to ask a person in");
        let unasked = JobEvent::Cancel(CancelReason::NotAllowed);
        Ok(told(self.tell(seen.id(), unasked).await?.is_some()))
    }

    /// Whether the issue says what is to be asked about, as the forge shows it now; the backlog knows
    /// what it says from then on. What cannot be read now is looked at when somebody answers.
    async fn shows(
        &self,
        proposal: &StartProposal,
        seen: &SeenJob,
        repo: &Repo,
    ) -> Result<bool, Error> {
        let Some(thread) = seen.job.spec.given() else { return Ok(true) };
        let Ok(issue) = self.ctx.gitea.issue(&repo.name, thread.number).await else {
            return Ok(true);
        };
        let text = backlog::digest_of_text(&issue);
        let shown = self
            .ctx
            .ledger
            .read(move |conn| covered_text::with_answers(conn, thread, text))
            .await?;
        if proposal.terms.text == Some(shown) {
            return Ok(true);
        }
        self.keep_fresh(repo, &issue, None).await?;
        Ok(false)
    }

    /// The head that a question is about, as the forge shows it; or what became of it since it was
    /// judged. That there is none may be what a finding says.
    pub(super) async fn head_of(
        &self,
        seen: &SeenJob,
        question: Question,
        repo: &Repo,
    ) -> Result<Result<Option<CoveredHead>, JobEvent>, gitea::Error> {
        let past = &seen.job.past;
        let is_about_a_head = match question {
            Question::Accept | Question::Guard | Question::Repair => is_code(seen),
            Question::Dispatch
            | Question::NoChange
            | Question::Stuck
            | Question::Permission
            | Question::Uncertain
            | Question::Plan
            | Question::Split => false,
        };
        let (Some(pull), Some(judged), true) = (past.pull, &past.commit, is_about_a_head) else {
            return Ok(Ok(None));
        };
        let has_to_be_there = question == Question::Accept;
        let Some(found) = self.ctx.gitea.pull(&repo.name, pull).await? else {
            return Ok(if has_to_be_there { Err(JobEvent::Recheck) } else { Ok(None) });
        };
        Ok(match found.state {
            PullState::Merged { commit, by } => {
                let commit = commit.unwrap_or(found.head);
                Err(JobEvent::Merged(self.ctx.policy.merge(
                    commit,
                    by.as_ref(),
                    &found.base_branch,
                )))
            }
            PullState::Closed if has_to_be_there => Err(self.pull_closed(repo, pull).await),
            PullState::Closed => Ok(None),
            PullState::Open if found.head != *judged => Err(JobEvent::Recheck),
            PullState::Open => {
                let (commit, target, change) = (found.head, found.base_branch, past.change);
                Ok(Some(CoveredHead { pull, commit, target, change }))
            }
        })
    }

    /// To close a pull request without merging it says that nobody wants it. Who did that, the forge
    /// may not tell: it ends all the same.
    async fn pull_closed(&self, repo: &Repo, pull: i64) -> JobEvent {
        let made = self.ctx.gitea.gestures_since(&repo.name, pull, Timestamp::default()).await;
        let made = made.unwrap_or_else(|error| {
            tracing::debug!(pull, %error, "who closed a pull request is unknown");
            Vec::new()
        });
        let closed = made.into_iter().rfind(|made| made.gesture == Gesture::Closed);
        let by = closed.and_then(|made| made.by).filter(|by| !by.is_pseudo());
        JobEvent::Cancel(match by {
            Some(by) => CancelReason::PullClosed { by: by.login, pull },
            None => CancelReason::Rejected(Cause::Unwanted),
        })
    }
}

/// Whether a yes is to what was proposed for what the issue said then.
fn is_proposal(question: Question) -> bool {
    matches!(question, Question::Plan | Question::Split)
}

/// Whether a yes is to what the issue says.
fn covers_text(question: Question) -> bool {
    matches!(question, Question::NoChange | Question::Plan | Question::Split)
}

/// What a person is asked about before it begins.
fn proposal_of(seen: &SeenJob) -> Option<&StartProposal> {
    match &seen.job.state {
        State::Waiting(Waiting::Start(awaited)) => Some(&awaited.proposal),
        _ => None,
    }
}

fn covered(proposal: &StartProposal) -> CoveredStart {
    let StartProposal { terms, configured, .. } = proposal;
    let agent = Some(terms.agent.clone());
    CoveredStart { agent, configured: *configured, budget: terms.budget }
}

/// Whether a yes says that this is what was to be done, as far as its author has said what that is.
fn covers_answers(question: Question) -> bool {
    match question {
        Question::Dispatch
        | Question::Plan
        | Question::Split
        | Question::Accept
        | Question::NoChange => true,
        Question::Guard
        | Question::Repair
        | Question::Stuck
        | Question::Permission
        | Question::Uncertain => false,
    }
}

/// Whether it is to bring a pull request.
fn is_code(seen: &SeenJob) -> bool {
    matches!(seen.job.spec.purpose, Purpose::Code | Purpose::Repair)
}
