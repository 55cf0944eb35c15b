//! Handles one inbound text: whose words it is, which commands it holds, what they may do.
//!
//! Everything that follows from a text is stored in one transaction: that it was dealt with, what
//! changed, what is to be said. Before the first command of a text acts, timmy reads it back, since
//! a webhook secret proves no author, and claims it with a reaction, so that of two ledgers for one
//! account only one acts.

mod claim;
mod gesture;
mod give_up;
mod relayed;
mod review;
mod scope_answer;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use claim::{Claim, claim};
use jiff::civil::Date;
use review::{HeardVerdict, right_needed, verdict_of};
use steps::{TextSteps, TracedInbound};

use super::accounts::Accounts;
use super::context::Context;
use super::error::EngineError;
use super::identity::Identity;
use super::incidents::Incidents;
use super::permissions::{FoundRight, PermissionReader};
use super::reactions::ClaimReactions;
use super::repositories;
use super::snapshot::Snapshots;
use super::traces;
use crate::core::command::grammar::{self, Reading};
use crate::core::effect::Reaction;
use crate::core::handlers::{self, ChangeSet, CommandRequest, Response};
use crate::core::model::account::Account;
use crate::core::model::text::{InboundText, TextEvent};
use crate::core::model::thread::ThreadChange;
use crate::core::model::time::Timestamp;
use crate::core::policy::authority::IgnoredSender;
use crate::core::policy::authorship::{self, Authorship, TextProof};
use crate::core::policy::edits::{self, NewLines, TextVersion};
use crate::core::reply::Answer;
use crate::core::scheduling::text::TextReader;
use crate::crash;
use crate::gitea::{Recovery, TextLookup};
use crate::store::inbox::{self, Ending, InboxText, StoredVersion, TextSeq};
use crate::store::{Error, cursors, handled, repos, threads};

/// How long an edit waits for its creation, and what a poll found for its webhook, which says who
/// made it and what they may do: either may come later.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a text is answered at once of which a job moved while it was answered.
const TRIES_AT_ONCE: u32 = 5;

/// How far the forge's clock may be from ours when something is said to be older than the watch.
const SKEW: Duration = Duration::from_secs(120);

/// Handles the texts of the inbox.
pub(super) struct Inbox {
    ctx: Context,
    identity: Arc<Identity>,
    incidents: Arc<Incidents>,
    accounts: Arc<Accounts>,
    permissions: Arc<PermissionReader>,
    snapshots: Arc<Snapshots>,
    reader: Arc<TextReader>,
    reactions: ClaimReactions,
}

/// What is left to do with a text.
enum NextStep {
    /// Only to note why nothing was done.
    Note(Ending),
    /// Not yet: other texts of the thread may come before it.
    Wait(Timestamp),
    /// To store what was decided, by whom it was asked, and the lines that ran.
    Store(Ending, Account, Box<ChangeSet>, Vec<String>),
}

/// What a text says that was read back, and whose words they are.
struct ProvenText {
    reading: Reading,
    /// The author, by the present login.
    actor: Account,
    authorship: Authorship,
    /// Whether these lines are to be said again, since nobody can vouch for them.
    doubtful: bool,
    /// What it says as a review, which proves itself.
    verdict: Option<HeardVerdict>,
}

/// What a text says, before anybody knows whose words it is.
struct HeardText {
    reading: Reading,
    verdict: Option<HeardVerdict>,
}

impl Inbox {
    pub(super) fn new(
        ctx: Context,
        (identity, incidents): (Arc<Identity>, Arc<Incidents>),
        (accounts, permissions): (Arc<Accounts>, Arc<PermissionReader>),
        snapshots: Arc<Snapshots>,
        reader: Arc<TextReader>,
    ) -> Self {
        let reactions = ClaimReactions::new(ctx.clone());
        Self { ctx, identity, incidents, accounts, permissions, snapshots, reader, reactions }
    }

    /// One try at a text.
    pub(super) async fn handle(&self, text: &InboxText) -> Result<(), Error> {
        let mut text = self.at_present_name(text.clone()).await?;
        let (seq, now) = (text.seq, self.ctx.now());
        let ledger = &self.ctx.ledger;
        let mut steps = TextSteps::begin(now);
        match self.consider(&mut text, &mut steps).await {
            Ok(NextStep::Note(ending)) => {
                tracing::debug!(text = %text.inbound.subject.key(), ?ending, "nothing to do");
                ledger.write(move |tx| inbox::finish(tx, seq, ending, now)).await
            }
            Ok(NextStep::Wait(due)) => ledger.write(move |tx| inbox::let_pass(tx, seq, due)).await,
            Ok(NextStep::Store(ending, actor, changes, ran)) => {
                let tries = text.tries;
                let times = (now, now.after(self.ctx.policy.poll.every));
                let traced = TracedInbound::of(&text);
                let store = ledger.write(move |tx| {
                    handled::text(tx, &text, (ending, &ran), &actor, &changes, times)
                });
                match store.await {
                    Err(Error::JobMoved) => self.answer_anew(seq, tries).await,
                    stored => {
                        stored?;
                        crash::point("committed");
                        self.trace(steps, traced).await;
                        Ok(())
                    }
                }
            }
            Err(error) => self.failed(&text, error).await,
        }
    }

    /// It was dealt with, for a trace.
    async fn trace(&self, mut steps: TextSteps, text: TracedInbound) {
        let Some(ledger) = self.ctx.tracer.ledger() else { return };
        let now = self.ctx.now();
        steps.did("store", now);
        for span in steps.spans(ledger, &text) {
            self.ctx.tracer.send(span);
        }
        // Where it led to something, that is the end of it.
        if let Err(error) = traces::text_over(&self.ctx, text.key, now).await {
            tracing::debug!(text = %text.key, %error, "its trace cannot be told");
        }
    }

    /// A job moved while the text was answered: it is answered anew, as things are then. What moves
    /// all the time keeps nobody else waiting.
    async fn answer_anew(&self, seq: TextSeq, tries: u32) -> Result<(), Error> {
        let (is_soon, now) = (tries < TRIES_AT_ONCE, self.ctx.now());
        let due = if is_soon { now } else { self.ctx.next_try_after(None, tries + 1) };
        let put_off = if is_soon { inbox::postpone } else { inbox::let_pass };
        self.ctx.ledger.write(move |tx| put_off(tx, seq, due)).await
    }

    /// The text as it was received, in its repository as that is called now.
    async fn at_present_name(&self, mut text: InboxText) -> Result<InboxText, Error> {
        let id = text.inbound.repo.id;
        if let Some(repo) = self.ctx.ledger.read(move |conn| repos::name(conn, id)).await? {
            text.inbound.repo = repo;
        }
        Ok(text)
    }

    /// What the answer takes could not be had: later, or never.
    async fn failed(&self, text: &InboxText, error: EngineError) -> Result<(), Error> {
        let (seq, subject, now) = (text.seq, text.inbound.subject.key(), self.ctx.now());
        let recovery = error.recovery(&self.ctx.gitea, text.tries).await;
        let error = error.of_forge()?;
        let asked = match recovery {
            Recovery::Later(asked) => asked,
            Recovery::Elsewhere => {
                if repositories::find_again(&self.ctx, text.inbound.repo.id).await? {
                    return self.ctx.ledger.write(move |tx| inbox::postpone(tx, seq, now)).await;
                }
                // All of the forge has moved, or a proxy leads astray: not this text's fault.
                None
            }
            Recovery::Never => {
                self.incidents.met(&error, text.inbound.thread()).await;
                tracing::error!(text = %subject, %error, "given up");
                let ending = Ending::RefusedByForge;
                return self.ctx.ledger.write(move |tx| inbox::finish(tx, seq, ending, now)).await;
            }
        };
        self.incidents.met(&error, text.inbound.thread()).await;
        let due = self.ctx.next_try_after(asked, text.tries + 1);
        tracing::warn!(text = %subject, %error, %due, "put off, will be retried");
        self.ctx.ledger.write(move |tx| inbox::postpone(tx, seq, due)).await
    }

    async fn consider(
        &self,
        text: &mut InboxText,
        steps: &mut TextSteps,
    ) -> Result<NextStep, EngineError> {
        let inbound = &text.inbound;
        let own = &self.identity.get().await?;
        let actor = match self.accounts.people().speaker(inbound, own) {
            Ok(actor) => actor.clone(),
            Err(ignored) => {
                if matches!(ignored, IgnoredSender::Agent | IgnoredSender::Ignored) {
                    self.accounts.confirm_author_of(inbound).await?;
                }
                return Ok(NextStep::Note(ignored.into()));
            }
        };
        if !self.ctx.policy.watch.covers(&inbound.repo.name) {
            return Ok(NextStep::Note(Ending::NotWatched));
        }
        if let Some(gesture) = &inbound.gesture {
            return self.consider_gesture(text, gesture, actor, own).await;
        }
        if self.is_relayed(inbound).await? {
            return self.skip_relayed(text, actor, own).await;
        }
        let (subject, repo) = (inbound.subject, inbound.repo.id);
        let known = self.ctx.ledger.read(move |conn| {
            Ok((inbox::versions(conn, subject, repo)?, cursors::watched(conn, repo)?))
        });
        let (versions, watched) = known.await?;
        let versions = edits::in_order(versions, |version| &version.inbound);
        let is_patient = self.ctx.now() < patient_until(text);
        let (reading, doubtful) = match new_lines(text, &versions, own, !is_patient) {
            NewLines::Lines(reading) => (reading, false),
            NewLines::Doubt(reading) => (reading, true),
            NewLines::Wait => return Ok(NextStep::Wait(patient_until(text))),
        };
        let verdict = verdict_of(&self.ctx, inbound).await?;
        if (reading.is_empty() || reading.is_talk()) && verdict.is_none() {
            self.hear_scope_answer(inbound, &versions, &actor).await?;
        }
        if reading.is_empty() && verdict.is_none() {
            return Ok(NextStep::Note(Ending::NoTrigger));
        }
        steps.did("parse", self.ctx.now());
        if reading.is_talk() && verdict.is_none() {
            // It is looked at and left: whose it is does not matter.
            let authorship = Authorship::AnyWriter;
            let proven = ProvenText { reading, actor, authorship, doubtful, verdict };
            return self.answer(text, proven, own, steps).await;
        }
        let since = watched.map(|watched| watched.since);
        let heard = HeardText { reading: reading.clone(), verdict };
        let proved = self.prove(text, &versions, heard, actor.clone(), since, own).await;
        steps.did("read back", self.ctx.now());
        let outcome = match proved {
            Ok(Ok(proven)) => {
                let doubtful = doubtful || proven.doubtful;
                self.answer(text, ProvenText { doubtful, ..proven }, own, steps).await
            }
            Ok(Err(left)) => Ok(left),
            Err(error) => Err(error),
        };
        match outcome {
            Err(error) => {
                let error = self.given_up(error, text.tries).await?;
                self.answer_with_failure(text, &reading, actor, error, own).await
            }
            outcome => outcome,
        }
    }

    /// Reads a text back before any of its commands acts: what the forge does not show, nobody
    /// said.
    async fn prove(
        &self,
        text: &mut InboxText,
        versions: &[StoredVersion],
        HeardText { reading, verdict }: HeardText,
        actor: Account,
        since: Option<Timestamp>,
        own: &Account,
    ) -> Result<Result<ProvenText, NextStep>, EngineError> {
        let InboundText { number, subject, .. } = text.inbound;
        let looked_up = self.ctx.gitea.look_up(&text.inbound.repo.name, number, subject).await?;
        let (shown, given) = match looked_up {
            TextLookup::Gone => return Ok(Err(NextStep::Note(Ending::Deleted))),
            TextLookup::Draft => return Ok(Err(NextStep::Note(Ending::Draft))),
            // What was submitted is read with its review.
            TextLookup::Shown(_, Some(submitted_at)) if text.inbound.is_draft_of(submitted_at) => {
                return Ok(Err(NextStep::Note(Ending::Draft)));
            }
            TextLookup::Shown(shown, _) => (shown, None),
            TextLookup::Review(shown, given) => (shown, Some(given)),
        };
        text.inbound.on_line = shown.on_line;
        let inbound = &text.inbound;
        let is_old = since.is_some_and(|since| shown.written.created_at.after(SKEW) < since);
        if is_old && inbound.delivered && inbound.act != TextEvent::Edited {
            return Ok(Err(NextStep::Note(Ending::TooOld)));
        }
        let versions = versions.iter().map(|version| &version.inbound);
        let may_wait = self.ctx.now() < patient_until(text);
        let proof = match reading.is_empty() {
            // A verdict needs no words.
            true => TextProof::Disproved("Gitea does not show this review so any more"),
            false => authorship::prove(inbound, versions, &shown, reading, &own.login, may_wait),
        };
        let author = shown.written.author.filter(|author| author.id == actor.id);
        let verdict = verdict.filter(|heard| author.is_some() && heard.is_shown(given.as_ref()));
        let (reading, authorship, doubtful) = match proof {
            TextProof::Stands { reading, authorship, doubtful } => (reading, authorship, doubtful),
            TextProof::Disproved(_) if verdict.is_some() => {
                (Reading::default(), Authorship::Author, false)
            }
            TextProof::Wait => return Ok(Err(NextStep::Wait(patient_until(text)))),
            TextProof::Disproved(why) => {
                tracing::warn!(text = %inbound.subject.key(), "delivery disproved: {why}");
                return Ok(Err(NextStep::Note(Ending::Disproved)));
            }
        };
        if let Some(author) = &author {
            self.accounts.confirm(author).await?;
        }
        // It may be called otherwise by now.
        let actor = author.unwrap_or(actor);
        Ok(Ok(ProvenText { reading, actor, authorship, doubtful, verdict }))
    }

    async fn answer(
        &self,
        text: &InboxText,
        ProvenText { reading, actor, authorship, doubtful, verdict }: ProvenText,
        own: &Account,
        steps: &mut TextSteps,
    ) -> Result<NextStep, EngineError> {
        let inbound = &text.inbound;
        let needed = right_needed(&reading, verdict.as_ref());
        let FoundRight { right, is_lent } =
            self.permissions.found_right(inbound, &actor, needed).await?;
        steps.did("rights", self.ctx.now());
        let of_writers = self.accounts.people().right_of_writers();
        let is_proved = authorship == Authorship::Author || needed <= of_writers;
        // No webhook brings more of a review.
        let may_be_proved =
            inbound.act != TextEvent::Edited && !inbound.delivered && verdict.is_none();
        let is_patient = self.ctx.now() < patient_until(text);
        if (right < Some(needed) || !is_proved) && may_be_proved && is_patient {
            return Ok(NextStep::Wait(patient_until(text)));
        }
        let verdict = verdict.filter(|heard| heard.is_answered(right));
        let thread = inbound.thread();
        let today = self.today();
        let state = self.ctx.ledger.read(move |conn| threads::state(conn, thread)).await?;
        let of_lines = handlers::response_to(right, &reading, state.refused_on == Some(today));
        match if verdict.is_some() { Response::Answer } else { of_lines } {
            Response::Silence => return Ok(NextStep::Note(Ending::Silent)),
            Response::Wonder if inbound.act == TextEvent::Edited => {
                return Ok(NextStep::Note(Ending::Silent));
            }
            Response::Wonder => {
                let reaction = ChangeSet::reaction(inbound, Reaction::Confused);
                return Ok(NextStep::Store(
                    Ending::Answered,
                    actor,
                    Box::new(reaction),
                    Vec::new(),
                ));
            }
            Response::Answer => {}
        }
        let out_of_place;
        let inbound = match claim(&self.ctx, &self.reactions, text).await? {
            Claim::Ours | Claim::Alone => inbound,
            // Nothing can be said to them there.
            Claim::Blocked if right.is_none() => return Ok(NextStep::Note(Ending::Silent)),
            Claim::Blocked => {
                tracing::warn!(
                    text = %inbound.subject.key(), repo = %inbound.repo.name,
                    number = inbound.number,
                    "not claimed: its author, or whoever opened the thread, has blocked the account"
                );
                // On a line Gitea would let the account speak all the same.
                out_of_place = InboundText { on_line: false, ..inbound.clone() };
                &out_of_place
            }
            Claim::Theirs => {
                tracing::warn!(
                    text = %inbound.subject.key(),
                    "claimed by another ledger of this account: do two timmys run?"
                );
                return Ok(NextStep::Note(Ending::ClaimedElsewhere));
            }
            Claim::Gone => return Ok(NextStep::Note(Ending::Deleted)),
        };
        crash::point("claimed");
        steps.did("claim", self.ctx.now());
        let key = text.key();
        let in_a_word =
            |answer| ChangeSet::single_answer(&own.login, inbound, &key, &reading, answer);
        let verdict = verdict.map(|heard| heard.verdict);
        let needs = handlers::needs(&reading, verdict.as_ref());
        let mut changes = match self.snapshots.gather(inbound, &needs, (own, &actor)).await {
            Ok(_) if doubtful && right.is_some() => in_a_word(Answer::Repeat),
            Ok(snapshot) => {
                self.incidents.answered(thread).await;
                let (actor, verdict) = (&actor, verdict.as_ref());
                let asked = CommandRequest {
                    inbound,
                    key: &key,
                    actor,
                    right,
                    is_lent,
                    authorship,
                    verdict,
                };
                let changes = handlers::handle(asked, &reading, &snapshot);
                self.ctx.policy.with_quotas(changes)
            }
            Err(EngineError::Forge(error)) if self.is_denied(&error, text.tries).await => {
                self.incidents.met(&error, thread).await;
                self.incidents.gave_up(&error, thread).await;
                in_a_word(Answer::Failed { reason: error.to_string() })
            }
            Err(error) => return Err(error),
        };
        if changes.refused_stranger {
            let unchanged = ThreadChange { from: state.clone(), to: state };
            changes.state = Some(changes.state.unwrap_or(unchanged).refused(today));
        }
        crash::point("decided");
        steps.did("decide", self.ctx.now());
        let ending = if doubtful { Ending::Doubted } else { Ending::Answered };
        let ran = reading.commands.into_iter().map(|line| line.text).collect();
        Ok(NextStep::Store(ending, actor, Box::new(changes), ran))
    }

    /// The day that it is, where the people are.
    fn today(&self) -> Date {
        self.ctx.now().zoned(&self.ctx.policy.zone).date()
    }
}

/// Until when a text waits for webhooks that may say more about it.
fn patient_until(text: &InboxText) -> Timestamp {
    text.received_at.after(PATIENCE)
}

/// What is new in a text, given the versions of it that were received.
fn new_lines(
    text: &InboxText,
    versions: &[StoredVersion],
    own: &Account,
    waited: bool,
) -> NewLines {
    let inbound = &text.inbound;
    let reading = grammar::read(&own.login, &inbound.body);
    let here = versions.iter().position(|version| version.seq == text.seq);
    let (before, rest) = versions.split_at(here.unwrap_or(versions.len()));
    let read = |version: &StoredVersion| TextVersion {
        act: version.inbound.act,
        reading: grammar::read(&own.login, &version.inbound.body),
        ran: version.ran.clone(),
        came_later: version.seq > text.seq,
        waits: version.ending.is_none(),
    };
    let before: Vec<TextVersion> = before.iter().map(read).collect();
    let after: Vec<TextVersion> = rest.iter().skip(1).map(read).collect();
    let asked = versions.iter().any(|version| version.ending == Some(Ending::Doubted));
    let by_author = inbound
        .sender
        .as_ref()
        .map(|sender| inbound.author.as_ref().is_some_and(|author| author.id == sender.id));
    match edits::new_lines_of(inbound.act, reading, &before, &after, waited, by_author) {
        // To be asked once to say it again in a new comment is enough.
        NewLines::Doubt(_) if asked => NewLines::Lines(Reading::default()),
        news => news,
    }
}

impl From<IgnoredSender> for Ending {
    fn from(ignored: IgnoredSender) -> Self {
        match ignored {
            IgnoredSender::Own => Self::Own,
            IgnoredSender::Agent => Self::Agent,
            IgnoredSender::Ignored => Self::Ignored,
            IgnoredSender::Pseudo => Self::Pseudo,
            IgnoredSender::Migrated => Self::Migrated,
        }
    }
}
