//! The beginning of a session: who the agent is, whether it is logged in, and the mode that it is
//! put into, always.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::connection::{AcpConnection, ConnectionLost};
use super::wire::{
    self, NOT_LOGGED_IN, VERSION, WireAgentInfo, WireConfigOption, WireError, WireInitialized,
    WireMessage, WireNewSession,
};
use crate::agents::brief::brief;
use crate::agents::trouble::AgentTrouble;
use crate::clock::Clock;
use crate::config::DEFAULT_MODE;

/// How long an agent may take at least for one of these answers: a busy machine is slow.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// The most modes that are named.
const MOST_NAMED: usize = 12;

/// A session that can be asked something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpenSession {
    pub(super) id: String,
    pub(super) agent: Option<WireAgentInfo>,
    /// The mode that it is in.
    pub(super) mode: String,
    /// Under which name it is an option of the session, where it is one.
    pub(super) mode_option: Option<String>,
}

/// Why there is no session. Words of the agent's are one line.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotOpened {
    #[error("it does not answer {0}")]
    Silent(&'static str),
    #[error("{0}")]
    Lost(#[from] ConnectionLost),
    #[error("it is not logged in ({0})")]
    NotLoggedIn(String),
    #[error("it refuses {0}: {1}")]
    Refused(&'static str, String),
    #[error("its answer to {0} is none")]
    NoAnswer(&'static str),
    #[error("it speaks version {0} of the protocol, and timmy version {VERSION}")]
    Version(u64),
    #[error("it has no mode {mode:?}: set its mode in the configuration to one of {has}")]
    NoSuchMode { mode: String, has: String },
    #[error("it was put into the mode {mode:?} and is in another one")]
    ModeNotTaken { mode: String },
}

impl NotOpened {
    /// What that means for whoever asks for the agent's health.
    pub(super) fn trouble(&self) -> AgentTrouble {
        match self {
            Self::Silent(_) => AgentTrouble::Timeout,
            Self::NotLoggedIn(_) => AgentTrouble::BadKey,
            Self::Lost(_) | Self::Refused(..) => AgentTrouble::Down(self.to_string()),
            Self::NoAnswer(_) => AgentTrouble::Garbage(self.to_string()),
            Self::Version(_) | Self::NoSuchMode { .. } | Self::ModeNotTaken { .. } => {
                AgentTrouble::CannotRun(self.to_string())
            }
        }
    }
}

/// Opens a session in `folder`, as the agent sees it, and puts it into `mode`. `patience`: how long it
/// may take for each answer.
pub(super) async fn open(
    connection: &mut AcpConnection,
    (clock, patience): (&dyn Clock, Duration),
    folder: &str,
    mode: &str,
) -> Result<OpenSession, NotOpened> {
    let mut opening = Opening { connection, clock, patience };
    let known: WireInitialized = opening.ask("initialize", wire::initialize()).await?;
    if known.protocol_version != VERSION {
        return Err(NotOpened::Version(known.protocol_version));
    }
    let wanted = json!({ "cwd": folder, "mcpServers": [] });
    let session: WireNewSession = opening.ask("session/new", wanted).await?;
    let mode_option = opening.set_mode(&session, mode).await?;
    Ok(OpenSession {
        id: session.session_id,
        agent: known.agent_info,
        mode: mode.to_owned(),
        mode_option,
    })
}

struct Opening<'a> {
    connection: &'a mut AcpConnection,
    clock: &'a dyn Clock,
    patience: Duration,
}

impl Opening<'_> {
    /// Puts it into `mode`. The name under which that is an option, where it is one.
    async fn set_mode(
        &mut self,
        session: &WireNewSession,
        mode: &str,
    ) -> Result<Option<String>, NotOpened> {
        let id = &session.session_id;
        let modes: Vec<String> = session
            .modes
            .iter()
            .flat_map(|modes| modes.available_modes.iter().map(|mode| mode.id.clone()))
            .collect();
        // Some take any name for a mode, so only one that they named is asked for.
        if modes.iter().any(|known| known == mode) {
            let wanted = json!({ "sessionId": id, "modeId": mode });
            let _: Value = self.ask("session/set_mode", wanted).await?;
            return Ok(None);
        }
        let option = session.config_options.iter().flatten().find(|one| is_mode(one));
        let values = option.map(WireConfigOption::values).unwrap_or_default();
        if let Some(option) = option
            && values.iter().any(|known| known == mode)
        {
            let wanted = json!({ "sessionId": id, "configId": option.id, "value": mode });
            let set: Value = self.ask("session/set_config_option", wanted).await?;
            return match mode_after(&set, &option.id) {
                Some(now) if now != mode => Err(NotOpened::ModeNotTaken { mode: mode.to_owned() }),
                _ => Ok(Some(option.id.clone())),
            };
        }
        let mut has: Vec<String> = if modes.is_empty() { values } else { modes };
        if has.is_empty() && mode == DEFAULT_MODE {
            return Ok(None);
        }
        has.truncate(MOST_NAMED);
        let has = match has.is_empty() {
            true => format!("{DEFAULT_MODE:?}, since it has none"),
            false => {
                brief(&has.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>().join(", "))
            }
        };
        Err(NotOpened::NoSuchMode { mode: mode.to_owned(), has })
    }

    async fn ask<T: DeserializeOwned>(
        &mut self,
        method: &'static str,
        params: Value,
    ) -> Result<T, NotOpened> {
        let id = self.connection.ask(method, params);
        let mut patience = self.clock.sleep(self.patience);
        let given = loop {
            let message = tokio::select! {
                message = self.connection.receive() => message?,
                () = &mut patience => return Err(NotOpened::Silent(method)),
            };
            match message {
                WireMessage::Answer { id: of, given } if of == id => break given,
                // Nothing was asked that it could need anything for.
                WireMessage::Request { id, method, .. } => {
                    self.connection.answer_unknown(id, &method);
                }
                WireMessage::Answer { .. } | WireMessage::Notification { .. } => {}
            }
        };
        let answer = given.map_err(|error| refused(method, &error))?;
        serde_json::from_value(answer).map_err(|_| NotOpened::NoAnswer(method))
    }
}

fn refused(method: &'static str, error: &WireError) -> NotOpened {
    match error.code {
        NOT_LOGGED_IN => NotOpened::NotLoggedIn(brief(&error.message)),
        _ => NotOpened::Refused(method, brief(&error.message)),
    }
}

/// Whether an option is the mode. The category is what tells, and may be left out.
pub(super) fn is_mode(option: &WireConfigOption) -> bool {
    match option.category.as_deref() {
        Some(category) => category == "mode",
        None => option.id == "mode",
    }
}

/// The mode that an answer tells, if it tells one.
fn mode_after(answer: &Value, option: &str) -> Option<String> {
    let options = answer.get("configOptions")?.clone();
    let options: Vec<WireConfigOption> = serde_json::from_value(options).ok()?;
    let mode = options.into_iter().find(|one| one.id == option)?;
    mode.current_value.as_str().map(str::to_owned)
}
