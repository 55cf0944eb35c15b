//! Why a connection is not made, in words for who asked and for who reads of it later.

use crate::core::model::endpoint::Endpoint;

/// How much of what somebody asked for is repeated, in characters.
const LONGEST: usize = 80;

/// Why a connection is not made, or not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ReachRefusal {
    /// The head of the request is none.
    NoHead,
    HeadTooLong,
    HeadTooSlow,
    /// It is no `CONNECT`, but this.
    NotConnect(String),
    /// A `CONNECT` to this, which is no host and port.
    NoEndpoint(String),
    NotNamed(Endpoint),
    /// It is named, and has no address that may be reached. Whether one is of a private network.
    NotPublic(Endpoint, bool),
    Unreachable(Endpoint, String),
    /// TLS for another server than that which was asked for.
    OtherName(Endpoint, String),
    TooMany,
}

impl ReachRefusal {
    /// Status and reason: of all that is answered the reason is what most programs show.
    pub(super) fn status(&self) -> (u16, &'static str) {
        match self {
            Self::NoHead | Self::NoEndpoint(_) => (400, "Bad Request"),
            Self::HeadTooLong => (431, "Request Header Fields Too Large"),
            Self::HeadTooSlow => (408, "Request Timeout"),
            Self::NotConnect(_) => (405, "Only CONNECT Passes Here"),
            Self::NotNamed(_) => (403, "Not Named In agent.reach"),
            Self::NotPublic(..) => (403, "No Public Address"),
            Self::OtherName(..) => (403, "Another Server Than Was Asked For"),
            Self::Unreachable(..) => (502, "Bad Gateway"),
            Self::TooMany => (503, "Too Many Connections"),
        }
    }

    /// What is told whoever asked.
    pub(super) fn answer(&self) -> String {
        match self {
            Self::NoHead => "This is a proxy for HTTP CONNECT, and that was no request.".to_owned(),
            Self::HeadTooLong => "The head of the request is too long.".to_owned(),
            Self::HeadTooSlow => "The request did not come in time.".to_owned(),
            Self::NotConnect(_) => {
                "Only CONNECT passes here: use an address that begins with https.".to_owned()
            }
            Self::NoEndpoint(_) => {
                "CONNECT takes a host and a port, such as api.example.com:443.".to_owned()
            }
            Self::NotNamed(endpoint) => {
                format!("{endpoint} is not named in agent.reach, and nothing else is reached.")
            }
            Self::NotPublic(endpoint, _) => {
                format!("{endpoint} has no public address, and no other is reached.")
            }
            Self::OtherName(endpoint, _) => {
                format!("TLS through a connection to {endpoint} has to ask for that server.")
            }
            Self::Unreachable(endpoint, why) => format!("{endpoint} cannot be reached: {why}."),
            Self::TooMany => "Too many connections are open: close some, and try again.".to_owned(),
        }
    }

    /// What is said of it later.
    pub(super) fn remark(&self) -> Option<String> {
        Some(match self {
            Self::NoHead | Self::HeadTooLong | Self::HeadTooSlow => return None,
            Self::NotConnect(target) => {
                let target = shortened(target);
                format!("It tried to reach {target} without TLS: only https passes.")
            }
            Self::NoEndpoint(target) => {
                let target = shortened(target);
                format!("It tried to reach {target}, which is no host and port.")
            }
            Self::NotNamed(endpoint) => {
                format!("It tried to reach {endpoint}: add it to agent.reach if it may.")
            }
            Self::NotPublic(endpoint, false) => {
                format!("{endpoint} has no public address, and was not reached.")
            }
            Self::NotPublic(endpoint, true) => format!(
                "{endpoint} has no public address, and was not reached. Name its address itself in \
                 agent.reach if it may be."
            ),
            Self::OtherName(endpoint, name) => {
                let name = shortened(name);
                format!("It asked for {name} through a connection to {endpoint}.")
            }
            Self::Unreachable(endpoint, why) => {
                format!("{endpoint} could not be reached: {why}.")
            }
            Self::TooMany => "It had more connections open at once than it may.".to_owned(),
        })
    }
}

/// Something that somebody sent, made fit to be read.
fn shortened(text: &str) -> String {
    text.chars().take(LONGEST).flat_map(char::escape_debug).collect()
}
