//! Handles one inbound text: whose words it is, which commands it holds, what they may do.
//!
//! Everything that follows from a text is stored in one transaction: that it was dealt with, what
//! changed, what is to be said. Before the first command of a text acts, timmy reads it back, since
//! a secret is nobody's voice, and claims it with a reaction, so that of two ledgers for one
//! account only one acts.

use std::time::Duration;

use super::{Engine, retry};
use crate::core::command::grammar::{self, Reading};
use crate::core::effect::Reaction;
use crate::core::handlers::{self, ChangeSet, CommandRequest, Response};
use crate::core::model::account::Account;
use crate::core::model::text::{EditHistory, TextEvent};
use crate::core::model::time::Timestamp;
use crate::core::policy::authority::IgnoredSender;
use crate::core::policy::authorship::{self, Authorship, ReadBack};
use crate::core::policy::edits::{self, NewLines, TextVersion};
use crate::core::reply::Answer;
use crate::crash;
use crate::gitea::{self, Reacted, Recovery, WriteOutcome};
use crate::store::inbox::{self, Ending, InboxText};
use crate::store::tasks::{self, Confirmation, ScheduledTask};
use crate::store::{cursors, repos, threads};

/// Why a text could not be dealt with now.
#[derive(Debug, thiserror::Error)]
pub(super) enum EngineError {
    #[error(transparent)]
    Forge(#[from] gitea::Error),
    #[error(transparent)]
    Ledger(#[from] crate::store::Error),
    /// The forge does not say who timmy is: whatever the reason, that is not the text's fault.
    #[error(transparent)]
    Nameless(gitea::Error),
}

/// What is left to do with a text.
pub(super) enum Next {
    /// Only to note why nothing was done.
    Note(Ending),
    /// To let others pass until then.
    Wait(Timestamp),
    /// To store what was decided, by whom it was asked, and the lines that ran.
    Store(Ending, Account, Box<ChangeSet>, Vec<String>),
}

/// What a text says that was read back, and whose words they are.
struct ProvenText {
    reading: Reading,
    /// As the forge calls them now.
    actor: Account,
    authorship: Authorship,
    /// Whether these lines are to be said again, since nobody can vouch for them.
    doubtful: bool,
}

/// What became of a claim.
enum Ownership {
    Ours,
    /// Another ledger of this account was faster.
    Theirs,
    /// What one would answer is deleted.
    Gone,
}

impl Engine {
    /// Deals with the first undone text of a thread.
    pub(super) async fn hear(&self, text: &InboxText) -> Result<(), crate::store::Error> {
        let text = &self.at_present_name(text.clone()).await?;
        let (seq, subject) = (text.seq, text.heard.subject.key());
        let considered = self.consider(text).await;
        let (now, first_look) = (self.clock.now(), self.clock.now().after(self.poll.every));
        match considered {
            Ok(Next::Note(ending)) => {
                tracing::debug!(text = %subject, ?ending, "nothing to do");
                self.ledger.write(move |tx| inbox::finish(tx, seq, ending, now)).await
            }
            Ok(Next::Wait(due)) => self.ledger.write(move |tx| inbox::let_pass(tx, seq, due)).await,
            Ok(Next::Store(ending, actor, decision, ran)) => {
                let (heard, question) = (text.heard.clone(), text.key());
                self.ledger
                    .write(move |tx| {
                        inbox::ran(tx, seq, &ran)?;
                        inbox::finish(tx, seq, ending, now)?;
                        super::commit::decision(tx, &heard, &actor, &decision, now)?;
                        let lines = decision.to_confirm;
                        if lines.is_empty() {
                            return Ok(());
                        }
                        let thread = heard.thread();
                        let asked = Confirmation { heard, question, actor, lines, asked_at: now };
                        tasks::set(tx, thread, &ScheduledTask::Confirm(Box::new(asked)), first_look)
                    })
                    .await?;
                crash::point("committed");
                Ok(())
            }
            Err(EngineError::Ledger(error)) => Err(error),
            Err(EngineError::Forge(error)) if error.heals() == Recovery::Elsewhere => {
                match self.relocate(text.heard.repo.id).await? {
                    true => self.ledger.write(move |tx| inbox::postpone(tx, seq, now)).await,
                    false => self.refused(text, &error).await,
                }
            }
            Err(EngineError::Forge(error)) => self.refused(text, &error).await,
            Err(EngineError::Nameless(error)) => self.put_off(text, &error, None).await,
        }
    }

    /// The text as it was heard, in its repository as that is called now.
    async fn at_present_name(&self, mut text: InboxText) -> Result<InboxText, crate::store::Error> {
        let id = text.heard.repo.id;
        if let Some(repo) = self.ledger.read(move |conn| repos::name(conn, id)).await? {
            text.heard.repo = repo;
        }
        Ok(text)
    }

    /// The forge refused something that the answer takes: later, or never.
    async fn refused(
        &self,
        text: &InboxText,
        error: &gitea::Error,
    ) -> Result<(), crate::store::Error> {
        let (seq, subject, now) = (text.seq, text.heard.subject.key(), self.clock.now());
        let asked = match error.heals() {
            Recovery::Later(asked) if !retry::is_hopeless(error, text.tries) => asked,
            // All of the forge has moved, or a proxy leads astray: not this text's fault.
            Recovery::Elsewhere => None,
            Recovery::Later(_) | Recovery::Never => {
                self.record_error(error, text.heard.thread()).await;
                tracing::error!(text = %subject, %error, "given up");
                let ending = Ending::RefusedByForge;
                return self.ledger.write(move |tx| inbox::finish(tx, seq, ending, now)).await;
            }
        };
        self.put_off(text, error, asked).await
    }

    async fn put_off(
        &self,
        text: &InboxText,
        error: &gitea::Error,
        asked: Option<Duration>,
    ) -> Result<(), crate::store::Error> {
        self.record_error(error, text.heard.thread()).await;
        let wait = retry::wait(asked, text.tries + 1, retry::chance());
        let (seq, due) = (text.seq, self.clock.now().after(wait));
        tracing::warn!(text = %text.heard.subject.key(), %error, %due, "put off, will be retried");
        self.ledger.write(move |tx| inbox::postpone(tx, seq, due)).await
    }

    async fn consider(&self, text: &InboxText) -> Result<Next, EngineError> {
        let heard = &text.heard;
        let own = &self.identity().await.map_err(EngineError::Nameless)?;
        let actor = match self.people().speaker(heard, own) {
            Ok(actor) => actor.clone(),
            Err(unheeded) => {
                if matches!(unheeded, IgnoredSender::Agent | IgnoredSender::Ignored) {
                    self.meet_author_of(heard).await?;
                }
                return Ok(Next::Note(unheeded.into()));
            }
        };
        if !self.watch.covers(&heard.repo.name) {
            return Ok(Next::Note(Ending::NotWatched));
        }
        if self.is_relayed(heard).await? {
            return self.skip_relayed(text, actor, own).await;
        }
        let (subject, repo) = (heard.subject, heard.repo.id);
        let known = self.ledger.read(move |conn| {
            Ok((inbox::versions(conn, subject, repo)?, cursors::watched(conn, repo)?))
        });
        let (versions, watched) = known.await?;
        let versions = edits::in_order(versions, |version| &version.heard);
        let (reading, doubtful) = match self.news(text, &versions, own) {
            NewLines::Lines(reading) => (reading, false),
            NewLines::Doubt(reading) => (reading, true),
            NewLines::Wait => return Ok(Next::Wait(text.received_at.after(PATIENCE))),
        };
        if reading.is_empty() {
            return Ok(Next::Note(Ending::NoTrigger));
        }
        let proved = match reading.is_talk() {
            // It is looked at and left: whose it is does not matter.
            true => ProvenText { reading, actor, authorship: Authorship::AnyWriter, doubtful },
            false => {
                let since = watched.map(|watched| watched.since);
                match self.prove(text, &versions, reading, actor, since, own).await? {
                    Ok(proved) => ProvenText { doubtful: doubtful || proved.doubtful, ..proved },
                    Err(left) => return Ok(left),
                }
            }
        };
        self.answer(text, proved, own).await
    }

    /// Reads a text back before any of its commands acts: what the forge does not show, nobody
    /// said.
    async fn prove(
        &self,
        text: &InboxText,
        versions: &[inbox::StoredVersion],
        reading: Reading,
        actor: Account,
        since: Option<Timestamp>,
        own: &Account,
    ) -> Result<Result<ProvenText, Next>, EngineError> {
        let (heard, subject) = (&text.heard, text.heard.subject);
        let now = self.gitea.read_back(&heard.repo.name, heard.number, subject).await?;
        let Some(now) = now else { return Ok(Err(Next::Note(Ending::Deleted))) };
        let is_old = since.is_some_and(|since| now.written.created_at.after(SKEW) < since);
        if is_old && heard.delivered && heard.act != TextEvent::Edited {
            return Ok(Err(Next::Note(Ending::TooOld)));
        }
        let read_back =
            authorship::read_back(heard, versions.iter().map(|version| &version.heard), &now);
        let mut doubtful = false;
        let (reading, authorship) = match read_back {
            ReadBack::AsHeard(authorship) => (reading, authorship),
            ReadBack::AnotherAuthor => {
                tracing::error!(text = %subject.key(), "delivery disproved: Gitea shows another author");
                return Ok(Err(Next::Note(Ending::Disproved)));
            }
            ReadBack::OtherWords if self.clock.now() < text.received_at.after(PATIENCE) => {
                return Ok(Err(Next::Wait(text.received_at.after(PATIENCE))));
            }
            // The forge does not show there what an edit made of the text of a review.
            ReadBack::OtherWords
                if heard.act == TextEvent::Edited && now.history == EditHistory::Unknown =>
            {
                doubtful = true;
                (reading, Authorship::AnyWriter)
            }
            ReadBack::OtherWords => {
                let present = grammar::read(&own.login, &now.written.body);
                (authorship::lines_still_present(reading, &present), Authorship::AnyWriter)
            }
        };
        if reading.is_empty() {
            tracing::warn!(text = %subject.key(), "delivery disproved: Gitea does not show these words");
            return Ok(Err(Next::Note(Ending::Disproved)));
        }
        let author = now.written.author.filter(|author| author.id == actor.id);
        if let Some(author) = &author {
            self.confirm_account(author).await?;
        }
        // It may be called otherwise by now.
        Ok(Ok(ProvenText { reading, actor: author.unwrap_or(actor), authorship, doubtful }))
    }

    async fn answer(
        &self,
        text: &InboxText,
        ProvenText { reading, actor, authorship, doubtful }: ProvenText,
        own: &Account,
    ) -> Result<Next, EngineError> {
        let heard = &text.heard;
        let needed = handlers::needed_right(&reading);
        let right = self.right_of(heard, &actor, needed).await?;
        let is_proved =
            authorship == Authorship::Author || needed <= self.people().right_of_writers();
        let may_be_proved = heard.act != TextEvent::Edited && !heard.delivered;
        let patient_until = text.received_at.after(PATIENCE);
        if (right < Some(needed) || !is_proved) && may_be_proved && self.clock.now() < patient_until
        {
            return Ok(Next::Wait(patient_until));
        }
        let (thread, today) = (heard.thread(), self.clock.now().zoned(&self.zone).date());
        let state = self.ledger.read(move |conn| threads::state(conn, thread)).await?;
        match handlers::response_to(right, &reading, state.refused_on == Some(today)) {
            Response::Silence => return Ok(Next::Note(Ending::Silent)),
            Response::Wonder if heard.act == TextEvent::Edited => {
                return Ok(Next::Note(Ending::Silent));
            }
            Response::Wonder => {
                let wonder = ChangeSet::reaction(heard, Reaction::Confused);
                return Ok(Next::Store(Ending::Answered, actor, Box::new(wonder), Vec::new()));
            }
            Response::Answer => {}
        }
        match self.claim(text).await? {
            Ownership::Ours => {}
            Ownership::Theirs => {
                tracing::warn!(
                    text = %heard.subject.key(),
                    "claimed by another ledger of this account: do two timmys run?"
                );
                return Ok(Next::Note(Ending::ClaimedElsewhere));
            }
            Ownership::Gone => return Ok(Next::Note(Ending::Deleted)),
        }
        crash::point("claimed");
        let key = text.key();
        let in_a_word =
            |answer| ChangeSet::single_answer(&own.login, heard, &key, &reading, answer);
        let looked =
            self.gather_snapshot(heard, &handlers::needs(&reading), state.clone(), own).await;
        let mut decision = match looked {
            Ok(_) if doubtful && right.is_some() => in_a_word(Answer::Repeat),
            Ok(snapshot) => {
                let asked = CommandRequest { heard, key: &key, actor: &actor, right, authorship };
                handlers::handle(asked, &reading, &snapshot)
            }
            Err(EngineError::Forge(error)) if error.heals() == Recovery::Never => {
                self.record_error(&error, heard.thread()).await;
                in_a_word(Answer::Failed { reason: error.to_string() })
            }
            Err(halt) => return Err(halt),
        };
        if decision.refused_stranger {
            decision.state.get_or_insert(state).refused_on = Some(today);
        }
        crash::point("decided");
        let ending = if doubtful { Ending::Doubted } else { Ending::Answered };
        let ran = reading.commands.into_iter().map(|line| line.text).collect();
        Ok(Next::Store(ending, actor, Box::new(decision), ran))
    }

    /// What is new in a text, given the versions of it that were heard.
    fn news(&self, text: &InboxText, versions: &[inbox::StoredVersion], own: &Account) -> NewLines {
        let heard = &text.heard;
        let reading = grammar::read(&own.login, &heard.body);
        let here = versions.iter().position(|version| version.seq == text.seq);
        let (before, rest) = versions.split_at(here.unwrap_or(versions.len()));
        let read = |version: &inbox::StoredVersion| TextVersion {
            act: version.heard.act,
            reading: grammar::read(&own.login, &version.heard.body),
            ran: version.ran.clone(),
            came_later: version.seq > text.seq,
            waits: version.ending.is_none(),
        };
        let before: Vec<TextVersion> = before.iter().map(read).collect();
        let after: Vec<TextVersion> = rest.iter().skip(1).map(read).collect();
        let asked = versions.iter().any(|version| version.ending == Some(Ending::Doubted));
        let waited = self.clock.now() >= text.received_at.after(PATIENCE);
        let by_author = heard
            .sender
            .as_ref()
            .map(|sender| heard.author.as_ref().is_some_and(|author| author.id == sender.id));
        match edits::new_lines_of(heard.act, reading, &before, &after, waited, by_author) {
            // To be asked once to say it again in a new comment is enough.
            NewLines::Doubt(_) if asked => NewLines::Lines(Reading::default()),
            news => news,
        }
    }

    /// Whether another version of a text is this ledger's already: it was claimed by an earlier one.
    async fn holds(&self, text: &InboxText) -> Result<bool, EngineError> {
        let (subject, seq) = (text.heard.subject, text.seq);
        let repo = text.heard.repo.id;
        let versions = self.ledger.read(move |conn| inbox::versions(conn, subject, repo)).await?;
        let others: Vec<_> = versions.iter().filter(|version| version.seq != seq).collect();
        let lost = |v: &&inbox::StoredVersion| v.ending == Some(Ending::ClaimedElsewhere);
        Ok(!others.is_empty() && !others.iter().any(lost))
    }

    /// Claims a text by a reaction that the forge gives each account only once.
    async fn claim(&self, text: &InboxText) -> Result<Ownership, EngineError> {
        let heard = &text.heard;
        let seq = text.seq;
        let tries = self.ledger.write(move |tx| inbox::claim(tx, seq)).await?;
        crash::point("claiming");
        let (name, number) = (&heard.repo.name, heard.number);
        match self.gitea.react(name, number, heard.subject, Reaction::Eyes).await {
            Ok(Reacted::New) => Ok(Ownership::Ours),
            Ok(Reacted::Already) if tries > 1 || self.holds(text).await? => Ok(Ownership::Ours),
            Ok(Reacted::Already) => Ok(Ownership::Theirs),
            Err(gitea::Error::NotFound { .. }) => Ok(Ownership::Gone),
            Err(error) => {
                if error.fate() == WriteOutcome::NotDone {
                    // Else a reaction found later, another ledger's, would pass for this try's.
                    self.ledger.write(move |tx| inbox::unclaim(tx, seq)).await?;
                }
                Err(error.into())
            }
        }
    }
}

/// How long an edit waits for its creation, and what a poll found for its webhook, which tells who
/// made it and what they may do: either may come later.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How far the forge's clock may be from ours when something is said to be older than the watch.
const SKEW: Duration = Duration::from_secs(120);

impl From<IgnoredSender> for Ending {
    fn from(unheeded: IgnoredSender) -> Self {
        match unheeded {
            IgnoredSender::Own => Self::Own,
            IgnoredSender::Agent => Self::Agent,
            IgnoredSender::Ignored => Self::Ignored,
            IgnoredSender::Pseudo => Self::Pseudo,
            IgnoredSender::Migrated => Self::Migrated,
        }
    }
}
