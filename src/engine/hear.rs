//! Hears one text: is it somebody's command, may they, and what is to be done?
//!
//! Everything that follows from a text is stored in one transaction: that it was dealt with, what
//! changed, what is to be said. Before the first command of a text acts, timmy reads it back, since
//! a secret is nobody's voice, and claims it with a reaction, so that of two ledgers for one
//! account only one acts.

use std::time::Duration;

use super::{Engine, backoff};
use crate::core::authority::Unheeded;
use crate::core::authorship::{self, Authorship, ReadBack};
use crate::core::decide::{self, Asked, Course, Decision};
use crate::core::edits::{self, News, Version};
use crate::core::effect::Reaction;
use crate::core::grammar::{self, Reading};
use crate::core::heard::{Account, Act};
use crate::core::reply::Answer;
use crate::core::time::Timestamp;
use crate::crash;
use crate::gitea::{self, Fate, Heals, Reacted};
use crate::store::errands::{self, Confirmation, Errand};
use crate::store::inbox::{self, Ending, Text};
use crate::store::{cursors, repos, threads};

/// Why a text could not be dealt with now.
#[derive(Debug, thiserror::Error)]
pub(super) enum Halt {
    #[error(transparent)]
    Forge(#[from] gitea::Error),
    #[error(transparent)]
    Ledger(#[from] crate::store::Error),
    /// The forge does not say who timmy is: whatever the reason, that is not the text's fault.
    #[error(transparent)]
    Nameless(gitea::Error),
}

/// What is left to do with a text.
pub(super) enum Left {
    /// Only to note why nothing was done.
    Note(Ending),
    /// To let others pass until then.
    Wait(Timestamp),
    /// To store what was decided, by whom it was asked, and the lines that ran.
    Store(Ending, Account, Box<Decision>, Vec<String>),
}

/// What a text says that was read back, and whose words they are.
struct Proved {
    reading: Reading,
    /// As the forge calls them now.
    actor: Account,
    authorship: Authorship,
}

/// What became of a claim.
enum Claim {
    Ours,
    /// Another ledger of this account was faster.
    Theirs,
    /// What one would answer is deleted.
    Gone,
}

impl Engine {
    /// Deals with the first undone text of a thread.
    pub(super) async fn hear(&self, text: &Text) -> Result<(), crate::store::Error> {
        let text = &self.at_its_present_place(text.clone()).await?;
        let (seq, subject) = (text.seq, text.heard.subject.key());
        let considered = self.consider(text).await;
        let (now, first_look) = (self.clock.now(), self.clock.now().after(self.poll.every));
        match considered {
            Ok(Left::Note(ending)) => {
                tracing::debug!(text = %subject, ?ending, "nothing to do");
                self.ledger.write(move |tx| inbox::finish(tx, seq, ending, now)).await
            }
            Ok(Left::Wait(due)) => self.ledger.write(move |tx| inbox::let_pass(tx, seq, due)).await,
            Ok(Left::Store(ending, actor, decision, ran)) => {
                let (heard, question) = (text.heard.clone(), text.key());
                self.ledger
                    .write(move |tx| {
                        inbox::ran(tx, seq, &ran)?;
                        inbox::finish(tx, seq, ending, now)?;
                        super::store::decision(tx, &heard, &actor, &decision, now)?;
                        let lines = decision.to_confirm;
                        if lines.is_empty() {
                            return Ok(());
                        }
                        let thread = heard.thread();
                        let asked = Confirmation { heard, question, actor, lines, asked_at: now };
                        errands::set(tx, thread, &Errand::Confirm(Box::new(asked)), first_look)
                    })
                    .await?;
                crash::point("committed");
                Ok(())
            }
            Err(Halt::Ledger(error)) => Err(error),
            Err(Halt::Forge(error)) if error.heals() == Heals::Elsewhere => {
                match self.find_again(text.heard.repo.id).await? {
                    true => self.ledger.write(move |tx| inbox::postpone(tx, seq, now)).await,
                    false => self.refused(text, &error).await,
                }
            }
            Err(Halt::Forge(error)) => self.refused(text, &error).await,
            Err(Halt::Nameless(error)) => self.put_off(text, &error, None).await,
        }
    }

    /// The text as it was heard, in its repository as that is called now.
    async fn at_its_present_place(&self, mut text: Text) -> Result<Text, crate::store::Error> {
        let id = text.heard.repo.id;
        if let Some(repo) = self.ledger.read(move |conn| repos::name(conn, id)).await? {
            text.heard.repo = repo;
        }
        Ok(text)
    }

    /// The forge refused something that the answer takes: later, or never.
    async fn refused(&self, text: &Text, error: &gitea::Error) -> Result<(), crate::store::Error> {
        let (seq, subject, now) = (text.seq, text.heard.subject.key(), self.clock.now());
        let asked = match error.heals() {
            Heals::Later(asked) if !backoff::is_hopeless(error, text.tries) => asked,
            // All of the forge has moved, or a proxy leads astray: not this text's fault.
            Heals::Elsewhere => None,
            Heals::Later(_) | Heals::Never => {
                self.troubled(error, text.heard.thread()).await;
                tracing::error!(text = %subject, %error, "given up");
                let ending = Ending::RefusedByForge;
                return self.ledger.write(move |tx| inbox::finish(tx, seq, ending, now)).await;
            }
        };
        self.put_off(text, error, asked).await
    }

    async fn put_off(
        &self,
        text: &Text,
        error: &gitea::Error,
        asked: Option<Duration>,
    ) -> Result<(), crate::store::Error> {
        self.troubled(error, text.heard.thread()).await;
        let wait = backoff::wait(asked, text.tries + 1, backoff::chance());
        let (seq, due) = (text.seq, self.clock.now().after(wait));
        tracing::warn!(text = %text.heard.subject.key(), %error, %due, "put off");
        self.ledger.write(move |tx| inbox::postpone(tx, seq, due)).await
    }

    async fn consider(&self, text: &Text) -> Result<Left, Halt> {
        let heard = &text.heard;
        let own = &self.identity().await.map_err(Halt::Nameless)?;
        let actor = match self.people().speaker(heard, own) {
            Ok(actor) => actor.clone(),
            Err(unheeded) => return Ok(Left::Note(unheeded.into())),
        };
        if !self.watch.covers(&heard.repo.name) {
            return Ok(Left::Note(Ending::NotWatched));
        }
        if self.is_relayed(heard).await? {
            return self.leave_relayed(text, actor, own).await;
        }
        let (subject, repo) = (heard.subject, heard.repo.id);
        let known = self.ledger.read(move |conn| {
            Ok((inbox::versions(conn, subject, repo)?, cursors::watched(conn, repo)?))
        });
        let (versions, watched) = known.await?;
        let versions = edits::in_order(versions, |version| &version.heard);
        let (reading, doubtful) = match self.news(text, &versions, own) {
            News::Lines(reading) => (reading, false),
            News::Doubt(reading) => (reading, true),
            News::Wait => return Ok(Left::Wait(text.received_at.after(PATIENCE))),
        };
        if reading.is_empty() {
            return Ok(Left::Note(Ending::NoTrigger));
        }
        let proved = match reading.is_talk() {
            // It is looked at and left: whose it is does not matter.
            true => Proved { reading, actor, authorship: Authorship::AnyWriter },
            false => {
                let since = watched.map(|watched| watched.since);
                match self.prove(text, &versions, reading, actor, since, own).await? {
                    Ok(proved) => proved,
                    Err(left) => return Ok(left),
                }
            }
        };
        self.answer(text, proved, doubtful, own).await
    }

    /// Reads a text back before any of its commands acts: what the forge does not show, nobody
    /// said.
    async fn prove(
        &self,
        text: &Text,
        versions: &[inbox::Version],
        reading: Reading,
        actor: Account,
        since: Option<Timestamp>,
        own: &Account,
    ) -> Result<Result<Proved, Left>, Halt> {
        let (heard, subject) = (&text.heard, text.heard.subject);
        let now = self.gitea.read_back(&heard.repo.name, heard.number, subject).await?;
        let Some(now) = now else { return Ok(Err(Left::Note(Ending::Deleted))) };
        let is_old = since.is_some_and(|since| now.written.created_at.after(SKEW) < since);
        if is_old && heard.delivered && heard.act != Act::Edited {
            return Ok(Err(Left::Note(Ending::TooOld)));
        }
        let read_back =
            authorship::read_back(heard, versions.iter().map(|version| &version.heard), &now);
        let (reading, authorship) = match read_back {
            ReadBack::AsHeard(authorship) => (reading, authorship),
            ReadBack::AnotherAuthor => {
                tracing::error!(text = %subject.key(), "forged delivery: the forge shows another author");
                return Ok(Err(Left::Note(Ending::Disproved)));
            }
            ReadBack::OtherWords if self.clock.now() < text.received_at.after(PATIENCE) => {
                return Ok(Err(Left::Wait(text.received_at.after(PATIENCE))));
            }
            ReadBack::OtherWords => {
                let present = grammar::read(&own.login, &now.written.body);
                (authorship::still_standing(reading, &present), Authorship::AnyWriter)
            }
        };
        if reading.is_empty() {
            tracing::warn!(text = %subject.key(), "the forge does not show what was delivered");
            return Ok(Err(Left::Note(Ending::Disproved)));
        }
        let author = now.written.author.filter(|author| author.id == actor.id);
        if let Some(author) = &author {
            self.meet(author).await?;
        }
        // It may be called otherwise by now.
        Ok(Ok(Proved { reading, actor: author.unwrap_or(actor), authorship }))
    }

    async fn answer(
        &self,
        text: &Text,
        Proved { reading, actor, authorship }: Proved,
        doubtful: bool,
        own: &Account,
    ) -> Result<Left, Halt> {
        let heard = &text.heard;
        let needed = decide::needed_right(&reading);
        let right = self.right_of(heard, &actor, needed).await?;
        let is_proved =
            authorship == Authorship::Author || needed <= self.people().right_of_writers();
        let may_be_proved = heard.act != Act::Edited && !heard.delivered;
        let patient_until = text.received_at.after(PATIENCE);
        if (right < Some(needed) || !is_proved) && may_be_proved && self.clock.now() < patient_until
        {
            return Ok(Left::Wait(patient_until));
        }
        let (thread, today) = (heard.thread(), self.clock.now().zoned(&self.zone).date());
        let state = self.ledger.read(move |conn| threads::state(conn, thread)).await?;
        match decide::course(right, &reading, state.refused_on == Some(today)) {
            Course::Silence => return Ok(Left::Note(Ending::Silent)),
            Course::Wonder if heard.act == Act::Edited => return Ok(Left::Note(Ending::Silent)),
            Course::Wonder => {
                let wonder = Decision::reaction(heard, Reaction::Confused);
                return Ok(Left::Store(Ending::Answered, actor, Box::new(wonder), Vec::new()));
            }
            Course::Answer => {}
        }
        match self.claim(text).await? {
            Claim::Ours => {}
            Claim::Theirs => {
                tracing::warn!(
                    text = %heard.subject.key(),
                    "another ledger of this account has answered it: do two timmys run?"
                );
                return Ok(Left::Note(Ending::ClaimedElsewhere));
            }
            Claim::Gone => return Ok(Left::Note(Ending::Deleted)),
        }
        crash::point("claimed");
        let key = text.key();
        let in_a_word = |answer| decide::in_a_word(&own.login, heard, &key, &reading, answer);
        let looked = self.look_around(heard, &decide::needs(&reading), state.clone(), own).await;
        let mut decision = match looked {
            Ok(_) if doubtful && right.is_some() => in_a_word(Answer::Repeat),
            Ok(snapshot) => {
                let asked = Asked { heard, key: &key, actor: &actor, right, authorship };
                decide::decide(asked, &reading, &snapshot)
            }
            Err(Halt::Forge(error)) if error.heals() == Heals::Never => {
                self.troubled(&error, heard.thread()).await;
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
        Ok(Left::Store(ending, actor, Box::new(decision), ran))
    }

    /// What is new in a text, given the versions of it that were heard.
    fn news(&self, text: &Text, versions: &[inbox::Version], own: &Account) -> News {
        let heard = &text.heard;
        let reading = grammar::read(&own.login, &heard.body);
        let here = versions.iter().position(|version| version.seq == text.seq);
        let (before, rest) = versions.split_at(here.unwrap_or(versions.len()));
        let read = |version: &inbox::Version| Version {
            act: version.heard.act,
            reading: grammar::read(&own.login, &version.heard.body),
            ran: version.ran.clone(),
            came_later: version.seq > text.seq,
            waits: version.ending.is_none(),
        };
        let before: Vec<Version> = before.iter().map(read).collect();
        let after: Vec<Version> = rest.iter().skip(1).map(read).collect();
        let asked = versions.iter().any(|version| version.ending == Some(Ending::Doubted));
        let waited = self.clock.now() >= text.received_at.after(PATIENCE);
        let by_author = heard
            .sender
            .as_ref()
            .map(|sender| heard.author.as_ref().is_some_and(|author| author.id == sender.id));
        match edits::news(heard.act, reading, &before, &after, waited, by_author) {
            // To be asked once to say it again in a new comment is enough.
            News::Doubt(_) if asked => News::Lines(Reading::default()),
            news => news,
        }
    }

    /// Whether another version of a text is this ledger's already: it was claimed by an earlier one.
    async fn holds(&self, text: &Text) -> Result<bool, Halt> {
        let (subject, seq) = (text.heard.subject, text.seq);
        let repo = text.heard.repo.id;
        let versions = self.ledger.read(move |conn| inbox::versions(conn, subject, repo)).await?;
        let others: Vec<_> = versions.iter().filter(|version| version.seq != seq).collect();
        let lost = |v: &&inbox::Version| v.ending == Some(Ending::ClaimedElsewhere);
        Ok(!others.is_empty() && !others.iter().any(lost))
    }

    /// Claims a text by a reaction that the forge gives each account only once.
    async fn claim(&self, text: &Text) -> Result<Claim, Halt> {
        let heard = &text.heard;
        let seq = text.seq;
        let tries = self.ledger.write(move |tx| inbox::claim(tx, seq)).await?;
        crash::point("claiming");
        let (name, number) = (&heard.repo.name, heard.number);
        match self.gitea.react(name, number, heard.subject, Reaction::Eyes).await {
            Ok(Reacted::New) => Ok(Claim::Ours),
            Ok(Reacted::Already) if tries > 1 || self.holds(text).await? => Ok(Claim::Ours),
            Ok(Reacted::Already) => Ok(Claim::Theirs),
            Err(gitea::Error::NotFound { .. }) => Ok(Claim::Gone),
            Err(error) => {
                if error.fate() == Fate::NotDone {
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

impl From<Unheeded> for Ending {
    fn from(unheeded: Unheeded) -> Self {
        match unheeded {
            Unheeded::Own => Self::Own,
            Unheeded::Agent => Self::Agent,
            Unheeded::Ignored => Self::Ignored,
            Unheeded::Pseudo => Self::Pseudo,
            Unheeded::Migrated => Self::Migrated,
        }
    }
}
