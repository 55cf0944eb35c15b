//! Delivers effects: each exactly once, those of one thread in order.
//!
//! One file per effect. Each says how the effect is found on the forge (`find`), and how it is
//! written (`apply`); the rest is the same for all of them. What an earlier try may have written is
//! looked for, the text is finished, the intent is stored, and only then something is sent. After
//! an outcome that nobody knows nothing is sent before the first try can land no more.

mod assign;
mod comment;
mod dependency;
mod edit_comment;
mod issue;
mod label;
mod pin;
mod react;
mod set_open;

use serde_json::value::to_raw_value;

use super::incidents::WriteKind;
use super::{Engine, retry};
use crate::core::effect::{Effect, Source};
use crate::core::model::ids::RepoName;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::report;
use crate::crash;
use crate::gitea::{self, Recovery, WriteOutcome};
use crate::store::outbox::{self, OutboxRow as Row};
use crate::store::{Error, audit, repos};

/// An effect that is being delivered: where, and by whom.
#[derive(Clone, Copy)]
struct Delivery<'a> {
    engine: &'a Engine,
    row: &'a Row,
    repo: &'a Repo,
}

/// One kind of outward write.
trait Deliver {
    /// Whether the forge shows it already, so that nothing is left to write. Takes back what an
    /// earlier try has written twice.
    async fn find(&self, to: &Delivery<'_>) -> Result<Option<Applied>, ApplyError>;

    /// Writes it.
    async fn apply(&self, to: &Delivery<'_>) -> Result<Applied, ApplyError>;
}

/// What an effect became.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Applied {
    /// The id of the comment, or the number of the issue, that it created.
    pub id: Option<i64>,
    /// What kind of write the forge took; none if it was asked for nothing.
    pub written: Option<WriteKind>,
}

impl Applied {
    fn written(written: WriteKind) -> Self {
        Self { id: None, written: Some(written) }
    }
}

/// Why an effect could not be looked for, or written.
enum ApplyError {
    Forge(gitea::Error),
    Ledger(Error),
    /// It has to wait until then, for this reason.
    NotBefore(Timestamp, &'static str),
    /// It must not be written, for this reason.
    Refused(&'static str),
    /// What it is to change is not there any more.
    Gone,
}

impl From<gitea::Error> for ApplyError {
    fn from(error: gitea::Error) -> Self {
        Self::Forge(error)
    }
}

impl From<Error> for ApplyError {
    fn from(error: Error) -> Self {
        Self::Ledger(error)
    }
}

/// How one try at an effect ended.
pub(super) enum TryResult {
    /// It is seen to be done. `doubtful`: an earlier try may have done it as well, and show later.
    Done { applied: Applied, doubtful: bool },
    /// Once more at that moment. `certain`: nothing was written, so nothing has to be looked for.
    Later { due: Timestamp, reason: String, certain: bool },
    /// Nothing was written: the forge redirects, most likely since the repository was renamed.
    Redirected { reason: String },
    /// Never.
    Dead { reason: String },
}

impl TryResult {
    /// Nothing is to be written any more.
    pub(super) const NOTHING: Self =
        Self::Done { applied: Applied { id: None, written: None }, doubtful: false };
}

impl Delivery<'_> {
    fn name(&self) -> &RepoName {
        &self.repo.name
    }

    fn number(&self) -> i64 {
        self.row.thread.number
    }

    async fn find(&self, effect: &Effect) -> Result<Option<Applied>, ApplyError> {
        match effect {
            Effect::Comment(effect) => effect.find(self).await,
            Effect::EditComment(effect) => effect.find(self).await,
            Effect::React(effect) => effect.find(self).await,
            Effect::Label(effect) => effect.find(self).await,
            Effect::Assign(effect) => effect.find(self).await,
            Effect::Bond(effect) => effect.find(self).await,
            Effect::Issue(effect) => effect.find(self).await,
            Effect::SetOpen(effect) => effect.find(self).await,
            Effect::Pin(effect) => effect.find(self).await,
        }
    }

    async fn apply(&self, effect: &Effect) -> Result<Applied, ApplyError> {
        match effect {
            Effect::Comment(effect) => effect.apply(self).await,
            Effect::EditComment(effect) => effect.apply(self).await,
            Effect::React(effect) => effect.apply(self).await,
            Effect::Label(effect) => effect.apply(self).await,
            Effect::Assign(effect) => effect.apply(self).await,
            Effect::Bond(effect) => effect.apply(self).await,
            Effect::Issue(effect) => effect.apply(self).await,
            Effect::SetOpen(effect) => effect.apply(self).await,
            Effect::Pin(effect) => effect.apply(self).await,
        }
    }
}

/// What a row holds, or why this build cannot deliver it. An effect of a newer build is not waited
/// with: it would hold up its thread, and what it was decided from is old by then.
fn effect_of(row: &Row) -> Result<Effect, String> {
    #[derive(serde::Deserialize)]
    struct Kind {
        #[serde(rename = "do")]
        kind: String,
    }
    serde_json::from_str(row.payload.get()).map_err(|error| {
        tracing::error!(effect = %row.key, %error, "stored by another version of timmy");
        let kind = serde_json::from_str(row.payload.get()).map_or_else(
            |_| "what it is to write".to_owned(),
            |Kind { kind }| format!("the effect `{}`", kind.replace('`', "'")),
        );
        let version = env!("CARGO_PKG_VERSION");
        format!("another version of timmy has stored it: {version} cannot read {kind}")
    })
}

/// Whether it may be there although this ledger never sent it: a ledger that was restored has
/// forgotten it. The keys of the report come again; those of replies are claimed before.
fn may_be_forgotten(effect: &Effect) -> bool {
    match effect {
        Effect::Issue(_) => true,
        Effect::Comment(comment) => matches!(comment.body.source(), Some(Source::Report { .. })),
        _ => false,
    }
}

impl Engine {
    /// One try at the first undone effect of a thread.
    pub(super) async fn deliver(&self, row: &Row) -> Result<(), Error> {
        let attempt = self.try_once(row).await?;
        let (seq, key, now) = (row.seq, row.key.as_str(), self.clock.now());
        match attempt {
            TryResult::Done { applied: Applied { id, written }, doubtful } => {
                tracing::info!(effect = key, id, "done");
                if let Some(written) = written {
                    self.well(row.thread, written).await;
                }
                let recheck = doubtful.then(|| now.after(crash::recheck()));
                self.ledger.write(move |tx| outbox::done(tx, seq, id, now, recheck)).await?;
                crash::point("done");
                Ok(())
            }
            TryResult::Later { due, reason, certain } => {
                tracing::warn!(effect = key, %reason, %due, "put off, will be retried");
                self.ledger.write(move |tx| outbox::put_back(tx, seq, due, &reason, certain)).await
            }
            TryResult::Redirected { reason } => {
                let found = self.relocate(row.thread.repo).await?;
                tracing::warn!(effect = key, %reason, found, "redirected");
                // Else all of the forge has moved, or a proxy leads astray: that heals.
                let pause = retry::pause(row.tries + 1, retry::chance());
                let due = if found { now } else { now.after(pause) };
                let certain = !row.is_uncertain();
                self.ledger.write(move |tx| outbox::put_back(tx, seq, due, &reason, certain)).await
            }
            TryResult::Dead { reason } => {
                tracing::error!(effect = key, %reason, "effect is a dead letter");
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

    async fn try_once(&self, row: &Row) -> Result<TryResult, Error> {
        let id = row.thread.repo;
        let Some(repo) = self.ledger.read(move |conn| repos::name(conn, id)).await? else {
            return Ok(TryResult::Dead { reason: "its repository was never heard of".to_owned() });
        };
        let effect = match effect_of(row) {
            Ok(effect) => effect,
            Err(reason) => return Ok(TryResult::Dead { reason }),
        };
        let to = Delivery { engine: self, row, repo: &repo };
        if row.is_uncertain() || may_be_forgotten(&effect) {
            match to.find(&effect).await {
                Ok(Some(found)) => {
                    let is_old = !row.is_uncertain();
                    return self.applied(row, &effect, found, is_old).await;
                }
                Ok(None) => {}
                Err(error) => return self.not_applied(&to, &effect, error, true).await,
            }
        }
        let effect = match self.finish_text(row, effect).await? {
            Ok(effect) => effect,
            Err(instead) => return Ok(instead),
        };
        self.intend(row, &effect).await?;
        let (before, after) =
            if effect.creates() { ("sending", "sent") } else { ("wishing", "wished") };
        crash::point(before);
        let applied = to.apply(&effect).await;
        crash::point(after);
        match applied {
            Ok(applied) => self.applied(row, &effect, applied, false).await,
            Err(error) => self.not_applied(&to, &effect, error, false).await,
        }
    }

    /// The effect with the text that it is sent with: what it says of other effects and of the day
    /// is known only now. Or how the try ends instead.
    async fn finish_text(
        &self,
        row: &Row,
        effect: Effect,
    ) -> Result<Result<Effect, TryResult>, Error> {
        let Some(body) = effect.body() else { return Ok(Ok(effect)) };
        let body = match body.source() {
            Some(source) => match self.report_text(row, &effect, source).await? {
                Ok(text) => body.written(text),
                Err(instead) => return Ok(Err(instead)),
            },
            None => {
                let needed: Vec<String> = body.effects().map(str::to_owned).collect();
                if needed.is_empty() {
                    return Ok(Ok(effect));
                }
                let failed = self.ledger.read(move |conn| outbox::failures(conn, &needed)).await?;
                body.resolved(|key| failed.get(key).cloned())
            }
        };
        Ok(Ok(effect.saying(body)))
    }

    /// Stores that the effect is about to be written, and what it says: whoever finds that after a
    /// crash waits until the write can no longer land.
    async fn intend(&self, row: &Row, effect: &Effect) -> Result<(), Error> {
        let (seq, now) = (row.seq, self.clock.now());
        let payload = to_raw_value(effect).map_err(Error::Payload)?;
        let payload = (payload.get() != row.payload.get()).then_some(payload);
        let write = self.ledger.write(move |tx| {
            if let Some(payload) = &payload {
                outbox::rewrite(tx, seq, payload)?;
            }
            outbox::sending(tx, seq, now)
        });
        write.await
    }

    /// It is on the forge. `is_old`: it was there before this ledger first sent it.
    async fn applied(
        &self,
        row: &Row,
        effect: &Effect,
        applied: Applied,
        is_old: bool,
    ) -> Result<TryResult, Error> {
        if report::is_reports(&row.key) {
            self.report_effect_applied(row, effect, applied, is_old).await?;
        }
        let doubtful = effect.creates() && (row.is_uncertain() || row.tries > 0);
        let id = applied.id.filter(|_| matches!(effect, Effect::Comment(_)));
        Ok(TryResult::Done { applied: Applied { id, ..applied }, doubtful })
    }

    /// It is not, or nobody knows. `unseen`: it could not even be looked for, so that what was
    /// unknown still is.
    async fn not_applied(
        &self,
        to: &Delivery<'_>,
        effect: &Effect,
        error: ApplyError,
        unseen: bool,
    ) -> Result<TryResult, Error> {
        let row = to.row;
        Ok(match error {
            ApplyError::Ledger(error) => return Err(error),
            ApplyError::Gone | ApplyError::Forge(gitea::Error::NotFound { .. })
                if report::is_reports(&row.key) =>
            {
                return self.report_target_gone(row, effect, to.repo).await;
            }
            ApplyError::Gone => {
                tracing::info!(effect = %row.key, "what it was to change is not there any more");
                TryResult::NOTHING
            }
            ApplyError::NotBefore(due, reason) => {
                TryResult::Later { due, reason: reason.to_owned(), certain: !row.is_uncertain() }
            }
            ApplyError::Refused(reason) => TryResult::Dead { reason: reason.to_owned() },
            ApplyError::Forge(error) if unseen => self.unseen(row, &error).await,
            ApplyError::Forge(error) => self.failed(row, &error).await,
        })
    }

    /// Looks once more for duplicates of an effect whose outcome was once unknown.
    pub(super) async fn recheck(&self, row: &Row) -> Result<(), Error> {
        let id = row.thread.repo;
        let repo = self.ledger.read(move |conn| repos::name(conn, id)).await?;
        let again = match (&repo, effect_of(row)) {
            (Some(repo), Ok(effect)) if effect.creates() => {
                match (Delivery { engine: self, row, repo }).find(&effect).await {
                    Err(ApplyError::Forge(error))
                        if matches!(error.heals(), Recovery::Later(_)) =>
                    {
                        Some(self.clock.now().after(crash::recheck()))
                    }
                    Err(ApplyError::Ledger(error)) => return Err(error),
                    _ => None,
                }
            }
            _ => None,
        };
        let seq = row.seq;
        self.ledger.write(move |tx| outbox::rechecked(tx, seq, again)).await
    }

    /// What a refused or lost write means for the next try.
    pub(super) async fn failed(&self, row: &Row, error: &gitea::Error) -> TryResult {
        self.record_error(error, row.thread).await;
        let reason = error.to_string();
        let wait = match error.heals() {
            Recovery::Later(_) if retry::is_hopeless_for_one(error, row.tries) => {
                return TryResult::Dead { reason };
            }
            Recovery::Never => return TryResult::Dead { reason },
            Recovery::Elsewhere => return TryResult::Redirected { reason },
            Recovery::Later(asked) => retry::wait(asked, row.tries + 1, retry::chance()),
        };
        let (wait, certain) = match error.fate() {
            // Of an earlier try nothing is known still.
            WriteOutcome::NotDone => (wait, !row.is_uncertain()),
            WriteOutcome::Ended => (wait, false),
            WriteOutcome::Open => (wait.max(self.settle), false),
        };
        TryResult::Later { due: self.clock.now().after(wait), reason, certain }
    }

    /// What a read that failed means for the next try: what was unknown still is.
    pub(super) async fn unseen(&self, row: &Row, error: &gitea::Error) -> TryResult {
        match self.failed(row, error).await {
            TryResult::Later { due, reason, .. } => {
                TryResult::Later { due, reason, certain: false }
            }
            other => other,
        }
    }
}
