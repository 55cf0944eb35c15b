//! Carries out one effect, exactly once.
//!
//! A wish (a label, an assignee, a reaction) is read and the difference written: it may be tried
//! as often as need be, but after an outcome that nobody knows only when the first try cannot land
//! any more, for it could undo what was wished since. A reply is posted: after an outcome that
//! nobody knows it is looked for by its marker, and written again only if it is not there and
//! cannot come any more.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::apply::ApplyError;
use super::incidents::WriteKind;
use super::{Engine, retry};
use crate::core::effect::Effect;
use crate::core::model::ids::RepoName;
use crate::core::model::time::Timestamp;
use crate::core::reply::Reply;
use crate::core::reply::marker::key_of;
use crate::crash;
use crate::gitea;
use crate::gitea::{Recovery, WriteOutcome};
use crate::store::outbox;
use crate::store::outbox::OutboxRow as EffectRow;
use crate::store::{audit, repos};

/// How much earlier than the text that it answers a reply is looked for.
const MARGIN: Duration = Duration::from_secs(600);

/// What came of one try.
pub(super) enum Applied {
    /// It is seen to be done; with the comment's id where there is one.
    Done { written: Option<WriteKind>, id: Option<i64>, doubtful: bool },
    /// Once more at that moment. `certain`: nothing was written, so nothing has to be looked for.
    Later { due: Timestamp, reason: String, certain: bool },
    /// Nothing was written: the forge redirects, most likely since the repository was renamed.
    Elsewhere { reason: String },
    /// Never.
    Dead { reason: String },
}

impl Engine {
    /// One try at the first undone effect of a thread.
    pub(super) async fn deliver(&self, row: &EffectRow) -> Result<(), crate::store::Error> {
        let outcome = self.attempt(row).await?;
        let (seq, key, now) = (row.seq, row.key.as_str(), self.clock.now());
        match outcome {
            Applied::Done { written, id, doubtful } => {
                tracing::info!(effect = key, id, "done");
                if let Some(written) = written {
                    self.well(row.thread, written).await;
                }
                let recheck = doubtful.then(|| now.after(crash::recheck()));
                self.ledger.write(move |tx| outbox::done(tx, seq, id, now, recheck)).await?;
                crash::point("done");
                Ok(())
            }
            Applied::Later { due, reason, certain } => {
                tracing::warn!(effect = key, %reason, %due, "put off");
                self.ledger.write(move |tx| outbox::put_back(tx, seq, due, &reason, certain)).await
            }
            Applied::Elsewhere { reason } => {
                let found = self.relocate(row.thread.repo).await?;
                tracing::warn!(effect = key, %reason, found, "redirected");
                // Else all of the forge has moved, or a proxy leads astray: that heals.
                let pause = retry::pause(row.tries + 1, retry::chance());
                let due = if found { now } else { now.after(pause) };
                let certain = !row.is_uncertain();
                self.ledger.write(move |tx| outbox::put_back(tx, seq, due, &reason, certain)).await
            }
            Applied::Dead { reason } => {
                tracing::error!(effect = key, %reason, "given up: a dead letter");
                let key = key.to_owned();
                self.ledger
                    .write(move |tx| {
                        audit::failed(tx, &key)?;
                        outbox::die(tx, seq, &reason, now)
                    })
                    .await
            }
        }
    }

    async fn attempt(&self, row: &EffectRow) -> Result<Applied, crate::store::Error> {
        let id = row.thread.repo;
        let Some(repo) = self.ledger.read(move |conn| repos::name(conn, id)).await? else {
            return Ok(Applied::Dead { reason: "its repository was never heard of".to_owned() });
        };
        let name = &repo.name;
        let effect: Effect = match serde_json::from_str(row.payload.get()) {
            Ok(effect) => effect,
            Err(error) => return Ok(Applied::Dead { reason: format!("unreadable: {error}") }),
        };
        let number = row.thread.number;
        let wished = match &effect {
            Effect::Reply { reply, since } => return self.post(row, name, reply, *since).await,
            Effect::Report(write) => return self.write_report(row, name, write).await,
            Effect::React { subject, reaction } => {
                match self.gitea.react(name, number, *subject, *reaction).await {
                    // What one reacts to was deleted: nobody is left to see it.
                    Ok(_) | Err(gitea::Error::NotFound { .. }) => Ok(()),
                    Err(error) => Err(ApplyError::Forge(error)),
                }
            }
            Effect::Label(wish) => {
                self.intend(row).await?;
                crash::point("wishing");
                self.label(name, number, wish).await
            }
            Effect::Assign(wish) => {
                self.intend(row).await?;
                crash::point("wishing");
                self.assign(name, number, wish).await
            }
            Effect::Bond(wish) => {
                self.intend(row).await?;
                crash::point("wishing");
                self.bond(&repo, row.thread, wish).await
            }
        };
        crash::point("wished");
        Ok(match wished {
            Ok(()) => {
                let written = (!matches!(effect, Effect::React { .. })).then_some(WriteKind::Wish);
                Applied::Done { written, id: None, doubtful: false }
            }
            Err(ApplyError::NotBefore(due)) => {
                let reason = "a label of that name may be about to appear".to_owned();
                Applied::Later { due, reason, certain: true }
            }
            Err(ApplyError::ReadersDiffer) => {
                let reason = "by now not everybody who reads one of the two threads may read the \
                              other, and Gitea would show them its title and its text";
                Applied::Dead { reason: reason.to_owned() }
            }
            Err(ApplyError::Forge(error)) => self.failed(row, &error).await,
        })
    }

    /// Stores that the effect is about to be written: whoever finds that after a crash waits until
    /// the write can no longer land.
    pub(super) async fn intend(&self, row: &EffectRow) -> Result<(), crate::store::Error> {
        let (seq, now) = (row.seq, self.clock.now());
        self.ledger.write(move |tx| outbox::sending(tx, seq, now)).await
    }

    async fn post(
        &self,
        row: &EffectRow,
        name: &RepoName,
        reply: &Reply,
        since: Timestamp,
    ) -> Result<Applied, crate::store::Error> {
        if row.is_uncertain() {
            match self.look(name, row, since).await {
                Ok(None) => {}
                Ok(found) => return Ok(Applied::Done { written: None, id: found, doubtful: true }),
                Err(error) => return Ok(self.unseen(row, &error).await),
            }
        }
        let body = self.render(row, reply).await?;
        let (seq, now, sha) = (row.seq, self.clock.now(), Sha256::digest(&body).into());
        let intend = self.ledger.write(move |tx| {
            outbox::saying(tx, seq, sha)?;
            outbox::sending(tx, seq, now)
        });
        intend.await?;
        Ok(self.post_body(row, name, &body).await)
    }

    /// Posts a comment; that it is about to be is stored.
    pub(super) async fn post_body(&self, row: &EffectRow, name: &RepoName, body: &str) -> Applied {
        crash::point("sending");
        let posted = self.gitea.post_comment(name, row.thread.number, body).await;
        crash::point("sent");
        match posted {
            Ok(comment) => {
                let doubtful = row.is_uncertain() || row.tries > 0;
                Applied::Done { written: Some(WriteKind::Reply), id: Some(comment.id), doubtful }
            }
            Err(error) => self.failed(row, &error).await,
        }
    }

    /// The comment, with what is known now of the effects that it speaks of.
    async fn render(&self, row: &EffectRow, reply: &Reply) -> Result<String, crate::store::Error> {
        let needed: Vec<String> = reply.answers.iter().filter_map(|a| a.needs.clone()).collect();
        let failed = self.ledger.read(move |conn| outbox::failures(conn, &needed)).await?;
        Ok(reply.render(&row.key, |key| failed.get(key).cloned()))
    }

    /// Looks for a reply that may have been posted; takes back all but one: the one that is known,
    /// else the first.
    pub(super) async fn look(
        &self,
        name: &RepoName,
        row: &EffectRow,
        since: Timestamp,
    ) -> Result<Option<i64>, gitea::Error> {
        let own = self.identity().await?.id;
        // The forge's clock may have been set back meanwhile.
        let since = since.before(MARGIN);
        let comments = self.gitea.comments_of(name, row.thread.number, Some(since)).await?;
        let mut found: Vec<i64> = comments
            .iter()
            .filter(|c| c.author.as_ref().is_some_and(|author| author.id == own))
            .filter(|c| key_of(&c.body) == Some(&row.key))
            .map(|c| c.id)
            .collect();
        found.sort_unstable_by_key(|id| (Some(*id) != row.comment, *id));
        for duplicate in found.iter().skip(1) {
            tracing::warn!(effect = %row.key, comment = duplicate, "a late duplicate: taken back");
            self.gitea.delete_comment(name, *duplicate).await?;
        }
        Ok(found.first().copied())
    }

    /// Looks once more for duplicates of a reply whose outcome was once unknown.
    pub(super) async fn recheck(&self, row: &EffectRow) -> Result<(), crate::store::Error> {
        let repo = row.thread.repo;
        let name = self.ledger.read(move |conn| repos::name(conn, repo)).await?;
        let effect = serde_json::from_str(row.payload.get());
        let looked = match (name, effect) {
            (Some(repo), Ok(Effect::Reply { since, .. })) => {
                self.look(&repo.name, row, since).await
            }
            (Some(repo), Ok(Effect::Report(write))) => {
                self.find_duplicate_issue(&repo.name, row, &write).await
            }
            _ => Ok(None),
        };
        let again = match looked {
            Err(error) if matches!(error.heals(), Recovery::Later(_)) => {
                Some(self.clock.now().after(crash::recheck()))
            }
            _ => None,
        };
        let seq = row.seq;
        self.ledger.write(move |tx| outbox::rechecked(tx, seq, again)).await
    }

    /// What a refused or lost write means for the next try.
    pub(super) async fn failed(&self, row: &EffectRow, error: &gitea::Error) -> Applied {
        self.record_error(error, row.thread).await;
        let reason = error.to_string();
        let wait = match error.heals() {
            Recovery::Later(_) if retry::is_hopeless_for_one(error, row.tries) => {
                return Applied::Dead { reason };
            }
            Recovery::Never => return Applied::Dead { reason },
            Recovery::Elsewhere => return Applied::Elsewhere { reason },
            Recovery::Later(asked) => retry::wait(asked, row.tries + 1, retry::chance()),
        };
        let (wait, certain) = match error.fate() {
            // Of an earlier try nothing is known still.
            WriteOutcome::NotDone => (wait, !row.is_uncertain()),
            WriteOutcome::Ended => (wait, false),
            WriteOutcome::Open => (wait.max(self.settle), false),
        };
        Applied::Later { due: self.clock.now().after(wait), reason, certain }
    }

    /// The look itself failed: what was unknown still is.
    pub(super) async fn unseen(&self, row: &EffectRow, error: &gitea::Error) -> Applied {
        match self.failed(row, error).await {
            Applied::Later { due, reason, .. } => Applied::Later { due, reason, certain: false },
            other => other,
        }
    }
}
