//! One attempt, from its clone to its end.

use std::sync::Arc;
use std::time::Duration;

use super::bench::LocalBench;
use super::dialogue::{Dialogue, DialogueEnd, Talk};
use super::hand_in::SaidOfIt;
use super::host::LocalHost;
use super::order::LocalOrder;
use super::record::LocalStep;
use super::trouble::LocalTrouble;
use crate::agents::agent::FailureKind;
use crate::agents::brief::{one_line, shortened};
use crate::agents::handed_in::result_line;
use crate::agents::run::{Run, WorkEnd};
use crate::agents::transcript::Speaker;
use crate::confinement::{Bound, CannotRun, RunEnd, Session, SessionEnd};
use crate::core::jobs::evidence::read_result;
use crate::core::jobs::{AgentClaim, NeverRan};

/// The most of a reason that is told, in characters.
const LONGEST_REASON: usize = 400;

/// How much of its last words is a summary where it gives none, in characters.
const LONGEST_SUMMARY: usize = 2000;

/// What is told where nobody could read what it says of its work.
const TOO_LONG: &str = "Its result line is longer than 64 KiB, and was not read.";

pub(super) struct LocalWork {
    pub(super) host: Arc<LocalHost>,
    pub(super) dialogue: Arc<dyn Dialogue>,
    pub(super) key: String,
    pub(super) order: LocalOrder,
    pub(super) run: Arc<Run>,
}

impl LocalWork {
    /// Works until the end. Then nothing of it lives, and nothing of it lies about.
    pub(super) async fn work(&self) -> WorkEnd {
        self.note(Speaker::Asked, &self.order.prompt);
        self.host.recover().await;
        let end = match self.attempt().await {
            Ok(end) | Err(end) => end,
        };
        if let WorkEnd::Failed { reason, .. } = &end {
            self.note(Speaker::Note, reason);
        }
        end
    }

    async fn attempt(&self) -> Result<WorkEnd, WorkEnd> {
        let began = self.host.options.clock.uptime();
        self.run.does("fetches the repository".to_owned());
        let cloning = self.host.now();
        let opened = tokio::select! {
            biased;
            () = self.run.stop.cancelled() => None,
            () = self.host.options.clock.sleep(self.host.options.time) => None,
            opened = self.host.open(&self.key, &self.order) => Some(opened),
        };
        self.host.took(&self.key, "clone", cloning, !matches!(opened, Some(Ok(_))));
        let mut bench = match opened {
            Some(Ok(bench)) => bench,
            other => {
                self.host.sweep(&self.key).await;
                return Err(match other {
                    Some(Err(why)) => not_begun(&why),
                    _ if self.run.stop.is_cancelled() => because(
                        FailureKind::NeverBegan(NeverRan::Stopped),
                        "it was stopped before its program was called",
                    ),
                    _ => {
                        let words = "its repository could not be had";
                        because(FailureKind::NeverBegan(NeverRan::NoWorkplace), &self.within(words))
                    }
                });
            }
        };
        let end = match self.at(&mut bench, began).await {
            Ok(end) | Err(end) => end,
        };
        if let WorkEnd::Finished(text) = &end {
            bench.record.step = LocalStep::Ended { text: text.clone() };
            if let Err(error) = bench.record.write(&self.host.places.records()) {
                tracing::warn!(key = self.key, %error, "the end of an attempt cannot be written");
            }
        }
        // Who is answered, or told what is wrong, goes on with what it had.
        let keeps = match &end {
            WorkEnd::Failed { kind: FailureKind::NeverBegan(_), .. } => {
                self.host.close_unbegun(bench).await;
                return Ok(end);
            }
            WorkEnd::Stopped => self.run.left_a_question(),
            WorkEnd::Failed { .. } => bench.is_for_the_next,
            WorkEnd::Finished(text) => {
                self.order.makes_a_change() && read_result(text).claim == AgentClaim::Blocked
            }
        };
        let ended = matches!(end, WorkEnd::Finished(_));
        match keeps {
            true => self.host.close_kept(bench, ended).await,
            false => self.host.close(bench, ended).await,
        }
        Ok(end)
    }

    /// Has the process work, and takes what it made. `began`: when its time began to count.
    async fn at(&self, bench: &mut LocalBench, began: Duration) -> Result<WorkEnd, WorkEnd> {
        if let Some(note) = bench.beginning.note() {
            self.note(Speaker::Note, note);
        }
        self.run.does("starts its program".to_owned());
        let mut session = self.host.begin(&bench.workspace).await.map_err(|why| not_begun(&why))?;
        let folder = self.host.seen_at(&bench.workspace);
        let said = self.talk(&mut session, (&folder, self.left(began))).await;
        let ended = session.end().await;
        for line in ended.iter().flat_map(|ended| &ended.reached) {
            self.note(Speaker::Note, line);
        }
        if let Err(error) = self.host.keep_home(&bench.workspace).await {
            self.note(Speaker::Note, &format!("Of its home: {error}"));
        }
        let text = match said? {
            DialogueEnd::Failed { kind, reason } => return Err(because(kind, &reason)),
            DialogueEnd::Said(text) => text,
        };
        let ended = ended.map_err(|why| failed(&why.into()))?;
        if let Some(reason) = too_much(&ended) {
            return Err(because(FailureKind::GaveUp, reason));
        }
        self.finish(bench, began, self.run.redacted(&text)).await
    }

    /// Talks to the process until all is said, it is to stop, or its time is over.
    async fn talk(
        &self,
        session: &mut Session,
        (folder, time): (&str, Duration),
    ) -> Result<DialogueEnd, WorkEnd> {
        let options = &self.host.options;
        let mut holding = self.dialogue.hold(Talk {
            session,
            key: &self.key,
            order: &self.order,
            folder,
            time,
            run: &self.run,
            clock: &options.clock,
        });
        tokio::select! {
            biased;
            () = self.run.stop.cancelled() => {}
            () = options.clock.sleep(time) => return Err(self.late()),
            end = &mut holding => return Ok(end),
        }
        let grace = self.dialogue.grace();
        if !grace.is_zero() {
            tokio::select! {
                _ = &mut holding => {}
                () = options.clock.sleep(grace) => {}
            }
        }
        Err(WorkEnd::Stopped)
    }

    /// Hands in what it made, if that is its result. Once it is pushed this is brought to its end: who
    /// stops it then comes too late.
    async fn finish(
        &self,
        bench: &mut LocalBench,
        began: Duration,
        text: String,
    ) -> Result<WorkEnd, WorkEnd> {
        let result = read_result(&text);
        if result.is_too_long {
            self.note(Speaker::Note, TOO_LONG);
        }
        let hands_in = match result.claim {
            AgentClaim::PullRequest { .. } | AgentClaim::Nothing => self.order.makes_a_change(),
            AgentClaim::Comment
            | AgentClaim::Review(_)
            | AgentClaim::NoChange { .. }
            | AgentClaim::Blocked => false,
        };
        if !hands_in {
            return Ok(WorkEnd::Finished(text));
        }
        self.run.does("hands in its work".to_owned());
        let summary = match result.claim {
            AgentClaim::Nothing if result.is_too_long => TOO_LONG.to_owned(),
            AgentClaim::Nothing => shortened(text.trim(), LONGEST_SUMMARY),
            _ => result.summary,
        };
        let said = SaidOfIt { title: result.title, summary };
        let prepared = tokio::select! {
            biased;
            () = self.run.stop.cancelled() => return Err(WorkEnd::Stopped),
            () = self.host.options.clock.sleep(self.left(began)) => return Err(self.late()),
            prepared = self.host.prepare(bench, &self.order, &said) => prepared,
        };
        bench.is_for_the_next = prepared.as_ref().is_err_and(LocalTrouble::is_for_the_next);
        let Some(hand_in) = prepared.map_err(|why| failed(&why))? else {
            return Ok(WorkEnd::Finished(text));
        };
        if self.run.stop.is_cancelled() {
            return Err(WorkEnd::Stopped);
        }
        let handed_in = self.host.hand_in(bench, &self.order, hand_in).await;
        bench.is_for_the_next = handed_in.as_ref().is_err_and(LocalTrouble::is_for_the_next);
        let handed_in = handed_in.map_err(|why| failed(&why))?;
        Ok(WorkEnd::Finished(result_line(&handed_in, &said.summary)))
    }

    /// How much of its time is left that began to count then.
    fn left(&self, began: Duration) -> Duration {
        let options = &self.host.options;
        options.time.saturating_sub(options.clock.uptime().saturating_sub(began))
    }

    fn late(&self) -> WorkEnd {
        because(FailureKind::GaveUp, &self.within("it did not finish"))
    }

    /// That something did not happen in its time.
    fn within(&self, what: &str) -> String {
        format!("{what} within {} minutes", self.host.options.time.as_secs() / 60)
    }

    fn note(&self, speaker: Speaker, text: &str) {
        self.run.note(self.host.now(), speaker, text);
    }
}

/// Why timmy had to end it.
fn too_much(ended: &SessionEnd) -> Option<&'static str> {
    match ended.end? {
        RunEnd::Exited(_) => None,
        RunEnd::OverTime => Some("it took too long"),
        RunEnd::Over(Bound::Memory) => Some("it took more memory than it may"),
        RunEnd::Over(Bound::Disk) => Some("it filled more of the disk than it may"),
    }
}

/// Its program was not called yet: what is no fault of the agent costs it nothing.
fn not_begun(why: &LocalTrouble) -> WorkEnd {
    let kind = match (why, why.kind()) {
        (LocalTrouble::CannotRun(CannotRun::NotStarted(_)), _) => {
            FailureKind::NeverBegan(NeverRan::NoProgram)
        }
        (_, FailureKind::Upstream) => FailureKind::NeverBegan(NeverRan::NoWorkplace),
        (_, kind) => kind,
    };
    because(kind, &why.to_string())
}

fn failed(why: &LocalTrouble) -> WorkEnd {
    because(why.kind(), &why.to_string())
}

fn because(kind: FailureKind, reason: &str) -> WorkEnd {
    WorkEnd::Failed { kind, reason: shortened(&one_line(reason), LONGEST_REASON) }
}
