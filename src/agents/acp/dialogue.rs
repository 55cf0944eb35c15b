//! How the process of an attempt is talked to: a session is opened, asked once, and closed.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::connection::AcpConnection;
use super::opening::{self, NotOpened, OpenSession, open};
use super::permission::PermissionPolicy;
use super::turn::{PATIENCE, Turning, turn};
use crate::agents::agent::{Asking, Capabilities, FailureKind};
use crate::agents::brief::brief;
use crate::agents::local::{Dialogue, DialogueCall, DialogueEnd, Talk, Trial, TrialCall};
use crate::agents::run::{Run, WorkEnd};
use crate::agents::trouble::AgentTrouble;
use crate::clock::Clock;
use crate::config::AcpConfig;
use crate::confinement::Session;

/// How long the rest of its output may take once the agent has ended.
const REST: Duration = Duration::from_secs(5);

/// How long it may take to end once its input is closed. It may write down who is logged in.
const PASSING: Duration = Duration::from_secs(5);

/// An agent that speaks the protocol.
pub(in crate::agents) struct AcpDialogue {
    mode: String,
    policy: PermissionPolicy,
    /// How long it may take for each answer until its session is open.
    patience: Duration,
}

impl AcpDialogue {
    /// `start`: how long an attempt of it may take to begin.
    pub(in crate::agents) fn new(acp: &AcpConfig, start: Duration) -> Self {
        let policy = PermissionPolicy { allowed: acp.permissions.clone(), denies: acp.deny };
        Self { mode: acp.mode.clone(), policy, patience: start.max(opening::PATIENCE) }
    }

    /// Talks until the turn is over. The process lives still, if it does.
    async fn talk(&self, with: Talked<'_>, connection: &mut AcpConnection) -> DialogueEnd {
        let Talked { folder, prompt, run, clock } = with;
        let opening = open(connection, (&**clock, self.patience), folder, &self.mode);
        let opened = tokio::select! {
            biased;
            () = run.stop.cancelled() => return failed(FailureKind::GaveUp, "it was stopped"),
            opened = opening => opened,
        };
        let session = match opened {
            Ok(session) => session,
            Err(why) => return not_opened(&why),
        };
        run.does("works".to_owned());
        let turning = Turning {
            connection,
            session: &session,
            policy: &self.policy,
            folder,
            run,
            clock: &**clock,
        };
        match turn(turning, prompt).await {
            WorkEnd::Finished(text) => DialogueEnd::Said(text),
            WorkEnd::Failed { kind, reason } => DialogueEnd::Failed { kind, reason },
            WorkEnd::Stopped => failed(FailureKind::GaveUp, "it was stopped"),
        }
    }

    async fn hold_all(&self, talk: Talk<'_>) -> DialogueEnd {
        let Talk { session, order, folder, run, clock, .. } = talk;
        let Some(mut connection) = connect(session) else {
            return failed(FailureKind::GaveUp, "it cannot be talked to");
        };
        let with = Talked { folder, prompt: &order.prompt, run, clock };
        let mut talking = Box::pin(self.talk(with, &mut connection));
        let talked = tokio::select! {
            biased;
            end = &mut talking => Some(end),
            _ = session.ended() => None,
        };
        let end = match talked {
            Some(end) => end,
            // What it said last may lie in the pipe still, which others may hold open.
            None => timeout(REST, &mut talking)
                .await
                .unwrap_or_else(|_| failed(FailureKind::GaveUp, LEFT_OPEN)),
        };
        drop(talking);
        drop(connection);
        let ended = timeout(PASSING, session.ended()).await;
        match (end, ended) {
            // It says itself why it did not begin.
            (DialogueEnd::Failed { kind, reason }, Ok(Ok(ended))) if is_loss(&reason) => {
                let said = ended.complaints.text();
                let said = brief(run.redacted(said.trim()).lines().last().unwrap_or_default());
                let colon = if said.is_empty() { "" } else { ": " };
                DialogueEnd::Failed { kind, reason: format!("{reason}{colon}{said}") }
            }
            (end, _) => end,
        }
    }
}

/// What an attempt needs beside the line to its process.
struct Talked<'a> {
    folder: &'a str,
    prompt: &'a str,
    run: &'a Run,
    clock: &'a Arc<dyn Clock>,
}

const LEFT_OPEN: &str = "it ended";

fn is_loss(reason: &str) -> bool {
    reason == LEFT_OPEN
}

impl Dialogue for AcpDialogue {
    fn capabilities(&self) -> Capabilities {
        Capabilities { keyed: true, steer: false, asking: Asking::Seen }
    }

    fn hold<'a>(&'a self, talk: Talk<'a>) -> DialogueCall<'a> {
        Box::pin(self.hold_all(talk))
    }

    fn grace(&self) -> Duration {
        PATIENCE + PASSING + Duration::from_secs(1)
    }

    fn is_tried_out(&self) -> bool {
        true
    }

    fn try_out<'a>(&'a self, trial: Trial<'a>) -> TrialCall<'a> {
        Box::pin(async move {
            let Trial { session, folder, clock } = trial;
            let words = "it cannot be talked to".to_owned();
            let mut connection = connect(session).ok_or(AgentTrouble::CannotRun(words))?;
            let with = (&**clock, self.patience);
            let opened = open(&mut connection, with, folder, &self.mode).await;
            drop(connection);
            let ended = timeout(PASSING, session.ended()).await;
            match (opened, ended) {
                (Ok(session), _) => Ok(version(&session)),
                (Err(NotOpened::Lost(why)), Ok(Ok(ended))) => {
                    let said = ended.complaints.text();
                    let said = brief(said.trim().lines().last().unwrap_or_default());
                    let colon = if said.is_empty() { "" } else { ": " };
                    Err(AgentTrouble::CannotRun(format!("{why}{colon}{said}")))
                }
                (Err(why), _) => Err(why.trouble()),
            }
        })
    }
}

fn connect(session: &mut Session) -> Option<AcpConnection> {
    Some(AcpConnection::new(session.output.take()?, session.input.take()?))
}

/// What an agent calls itself.
fn version(session: &OpenSession) -> Option<String> {
    let agent = session.agent.as_ref()?;
    Some(brief(&format!("{} {}", agent.name, agent.version)))
}

fn failed(kind: FailureKind, reason: &str) -> DialogueEnd {
    DialogueEnd::Failed { kind, reason: reason.to_owned() }
}

/// Nothing was asked of it yet: that is no fault of the attempt.
fn not_opened(why: &NotOpened) -> DialogueEnd {
    let kind = match why.trouble() {
        AgentTrouble::BadKey => FailureKind::BadKey,
        _ => FailureKind::Upstream,
    };
    failed(kind, &why.to_string())
}
