//! What can go wrong between timmy and the forge, and what follows from it.

use std::time::Duration;

use super::wire::MissingField;
use crate::core::effect::BLOCKED;

/// Why a call did not give what it was for.
///
/// No variant ever holds a token; what the forge said is cut short and free of control characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The client could not be made.
    #[error("the client of the forge cannot be set up: {0}")]
    Setup(String),
    /// An argument that cannot be part of a path.
    #[error("`{0}` cannot be a name on the forge")]
    NotAName(String),

    /// No connection: nothing was sent.
    #[error("the forge cannot be reached ({0}): check `url`, the network and the server")]
    Unreachable(String),
    /// No complete answer in time.
    #[error("the forge did not answer in time")]
    Timeout,
    /// The connection broke before the answer was complete.
    #[error("the connection to the forge broke ({0})")]
    Dropped(String),

    /// 429, or timmy itself keeps still because of an earlier one.
    #[error("the forge asks for fewer requests")]
    RateLimited {
        /// How long it asked to be left alone.
        retry_after: Option<Duration>,
    },
    /// 401.
    #[error(
        "the forge does not accept the token ({message}): make a new one for the bot's account"
    )]
    BadToken { message: String },
    /// 403 because the token was made without a scope (Gitea 1.20 and later).
    #[error("the token lacks the scope `{scope}`: make a new token that has it")]
    MissingScope {
        /// Its name, such as `write:issue`.
        scope: String,
    },
    /// 403 because the thread is locked.
    #[error("the thread is locked: unlock it, or give the bot write access")]
    Locked,
    /// 403 because somebody has blocked the account: whoever opened the thread, owns the repository,
    /// wrote what is reacted to, or is to be assigned. Gitea does not say who.
    #[error("{}", BLOCKED)]
    Blocked,
    /// 403 because the server is set to other reactions.
    #[error(
        "the server does not allow this reaction ({message}): see `[ui] REACTIONS` in its app.ini"
    )]
    ReactionNotAllowed {
        /// The forge's words.
        message: String,
    },
    /// 403 for another reason.
    #[error("the forge forbids it{}: check what the bot's account may do there", bracketed(.message))]
    Forbidden {
        /// The forge's words; may be empty.
        message: String,
    },
    /// 401 to the token of an agent's account.
    #[error(
        "the forge does not accept the token of {login} ({message}): make a new one for that \
         account, and put it where the agent's `token_file` is"
    )]
    BadAgentToken { login: String, message: String },
    /// The token of an agent belongs to another account than its own.
    #[error(
        "the token of {login} is that of {found}: put one of {login} where the agent's \
         `token_file` is"
    )]
    NotTheAgents { login: String, found: String },
    /// 403 because the token of an agent's account was made without a scope.
    #[error(
        "the token of {login} lacks the scope `{scope}`: make a new token for that account that \
         has it, and put it where the agent's `token_file` is"
    )]
    AgentLacksScope { login: String, scope: String },
    /// 403 to an agent's account for another reason.
    #[error("the forge forbids it to {login}{}: check what that account may do there", bracketed(.message))]
    ForbiddenToAgent {
        login: String,
        /// The forge's words; may be empty.
        message: String,
    },
    /// 404: it does not exist, or this account may not see it.
    #[error("not found, or not visible to the account that asks")]
    NotFound {
        /// The forge's words, which say no more; may be empty.
        message: String,
    },
    /// 405, 409, 412: the state of the thing does not allow it (now).
    #[error("the forge refuses in the present state ({status}: {message})")]
    Conflict {
        status: u16,
        /// The forge's words; may be empty.
        message: String,
    },
    /// 423.
    #[error("the repository is archived: unarchive it first")]
    Archived,
    /// 422 and what else of 4xx is left.
    #[error("the forge does not take it ({status}: {message})")]
    Unprocessable {
        status: u16,
        /// The forge's words; may be empty.
        message: String,
    },

    /// A redirect that is not followed: of a write, to another server, or one too many.
    #[error(
        "it has moved to {to}: a renamed repository is found by its id, a moved server by `url`"
    )]
    Moved {
        /// Where to, as the forge says.
        to: String,
    },
    /// 500 from Gitea itself. Its message is mostly empty.
    #[error("the forge failed (500{}): its log says why", colon(.message))]
    Server {
        /// The forge's words; mostly empty.
        message: String,
    },
    /// 502, 503, 504 and their like: from a proxy, or from a server that starts or stops.
    #[error("the forge is not available ({status})")]
    Unavailable {
        status: u16,
        /// How long it asked to be left alone.
        retry_after: Option<Duration>,
    },
    /// A web page instead of an answer of the API.
    #[error(
        "a web page came back ({status}), not Gitea's API: is `url` right, is a proxy between?"
    )]
    NotGitea { status: u16 },

    /// A success, but not the one that this call has.
    #[error("the forge answered {status}, not {expected}: whether it was done is unknown")]
    Unexpected {
        status: u16,
        /// The status that means it was done.
        expected: u16,
    },
    /// A success whose body is not what this call gives.
    #[error("the forge's answer cannot be understood: {0}")]
    Unreadable(String),
    /// An answer beyond the bound on its size or on its number of pages.
    #[error("the forge's answer is larger than {limit} {unit}")]
    TooLarge {
        /// The bound.
        limit: usize,
        /// What is counted: `bytes` or `pages`.
        unit: &'static str,
    },
}

/// What may have become of a write that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteOutcome {
    /// The forge certainly did not do it.
    NotDone,
    /// The forge is through with it, and may have done it: look, now.
    Ended,
    /// It may have been done, or may still be: wait, then look.
    Open,
}

/// Whether the same request may succeed one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// Without anybody touching the request; not before so long, where the forge said.
    Later(Option<Duration>),
    /// Under the repository's new name, found by its id.
    Elsewhere,
    /// Trying again is useless until somebody changes something.
    Never,
}

impl Error {
    /// What may have become of the write that ended so.
    ///
    /// Whatever a proxy may have said about a request that it passed on is [`WriteOutcome::Open`].
    pub fn fate(&self) -> WriteOutcome {
        match self {
            Self::Timeout | Self::Dropped(_) | Self::Unavailable { .. } => WriteOutcome::Open,
            Self::NotGitea { status: 408 | 500.. } => WriteOutcome::Open,
            Self::NotGitea { status: 200..300 }
            | Self::Server { .. }
            | Self::Unexpected { .. }
            | Self::Unreadable(_)
            | Self::TooLarge { .. } => WriteOutcome::Ended,
            Self::Setup(_)
            | Self::NotAName(_)
            | Self::Unreachable(_)
            | Self::RateLimited { .. }
            | Self::BadToken { .. }
            | Self::MissingScope { .. }
            | Self::Locked
            | Self::Blocked
            | Self::ReactionNotAllowed { .. }
            | Self::Forbidden { .. }
            | Self::BadAgentToken { .. }
            | Self::NotTheAgents { .. }
            | Self::AgentLacksScope { .. }
            | Self::ForbiddenToAgent { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Archived
            | Self::Unprocessable { .. }
            | Self::Moved { .. }
            | Self::NotGitea { .. } => WriteOutcome::NotDone,
        }
    }

    /// Whether the same request may succeed later.
    ///
    /// A token that is not accepted or lacks a scope heals: that says nothing about the one
    /// request, and all of them would be lost. An archived repository does not: that is somebody's decision.
    pub fn heals(&self) -> Recovery {
        match self {
            Self::RateLimited { retry_after } | Self::Unavailable { retry_after, .. } => {
                Recovery::Later(*retry_after)
            }
            // So Gitea refuses a merge while it still looks whether it is possible.
            Self::Conflict { message, .. } if message.contains("try again later") => {
                Recovery::Later(None)
            }
            Self::NotGitea { status: 413 } => Recovery::Never,
            Self::Unreachable(_)
            | Self::Timeout
            | Self::Dropped(_)
            | Self::BadToken { .. }
            | Self::MissingScope { .. }
            | Self::BadAgentToken { .. }
            | Self::NotTheAgents { .. }
            | Self::AgentLacksScope { .. }
            | Self::Server { .. }
            | Self::NotGitea { .. }
            | Self::Unexpected { .. }
            | Self::Unreadable(_) => Recovery::Later(None),
            Self::Moved { .. } => Recovery::Elsewhere,
            Self::Setup(_)
            | Self::NotAName(_)
            | Self::Locked
            | Self::Blocked
            | Self::ReactionNotAllowed { .. }
            | Self::Forbidden { .. }
            | Self::ForbiddenToAgent { .. }
            | Self::NotFound { .. }
            | Self::Conflict { .. }
            | Self::Archived
            | Self::Unprocessable { .. }
            | Self::TooLarge { .. } => Recovery::Never,
        }
    }
}

impl Error {
    /// The same, met with the token of the agent whose account is `login`: what is wrong with it
    /// says nothing of timmy's own.
    pub(super) fn of_agent(self, login: &str) -> Self {
        let login = login.to_owned();
        match self {
            Self::BadToken { message } => Self::BadAgentToken { login, message },
            Self::MissingScope { scope } => Self::AgentLacksScope { login, scope },
            Self::Forbidden { message } => Self::ForbiddenToAgent { login, message },
            other => other,
        }
    }
}

impl From<MissingField> for Error {
    fn from(missing: MissingField) -> Self {
        Self::Unreadable(missing.to_string())
    }
}

/// ` (message)`, or nothing where there is none.
fn bracketed(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(" ({message})") }
}

/// `: message`, or nothing where there is none.
fn colon(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

#[cfg(test)]
mod tests {
    use crate::gitea::error::*;

    #[test]
    fn a_proxy_that_speaks_for_a_silent_forge_leaves_it_open() {
        for status in [408, 500, 502, 503, 504] {
            assert_eq!(Error::NotGitea { status }.fate(), WriteOutcome::Open, "{status}");
        }
        assert_eq!(Error::NotGitea { status: 404 }.fate(), WriteOutcome::NotDone);
        assert_eq!(Error::NotGitea { status: 200 }.fate(), WriteOutcome::Ended);
    }

    #[test]
    fn a_merge_that_is_not_yet_possible_heals() {
        let refusal = |message: &str| Error::Conflict { status: 405, message: message.into() };
        assert_eq!(refusal("Please try again later").heals(), Recovery::Later(None));
        assert_eq!(refusal("The PR is already merged").heals(), Recovery::Never);
    }

    #[test]
    fn what_is_wrong_with_the_token_costs_no_request() {
        for error in [
            Error::BadToken { message: String::new() },
            Error::MissingScope { scope: "write:issue".into() },
        ] {
            assert_eq!(error.heals(), Recovery::Later(None), "{error}");
            assert_eq!(error.fate(), WriteOutcome::NotDone, "{error}");
        }
    }

    #[test]
    fn messages_say_what_to_do_and_stand_without_the_forges_words() {
        assert_eq!(
            Error::MissingScope { scope: "write:issue".into() }.to_string(),
            "the token lacks the scope `write:issue`: make a new token that has it"
        );
        assert_eq!(
            Error::Server { message: String::new() }.to_string(),
            "the forge failed (500): its log says why"
        );
    }
}
