//! Whether a text is answered at all, and what it takes to be heard.

use crate::core::command::grammar::{ErrorKind, Reading};
use crate::core::command::verb::Right;

/// What a text calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Response {
    /// Nothing.
    Silence,
    /// A puzzled look: somebody talked to timmy, and said no command.
    Wonder,
    /// An answer.
    Answer,
}

/// What a text calls for, said by somebody with this right.
///
/// A stranger's commands are refused once per thread and day; their talk and slips get silence.
pub fn response_to(right: Option<Right>, reading: &Reading, refused_today: bool) -> Response {
    let commands = !reading.commands.is_empty();
    let slips = reading.errors.iter().any(|error| error.kind != ErrorKind::Talk);
    match right {
        None if !commands || refused_today => Response::Silence,
        None => Response::Answer,
        Some(_) if commands || slips => Response::Answer,
        Some(_) if !reading.errors.is_empty() => Response::Wonder,
        Some(_) => Response::Silence,
    }
}

/// The right that all commands of a text together take; to be heard at all takes a reader's.
pub fn needed_right(reading: &Reading) -> Right {
    let rights = reading.commands.iter().map(|line| line.command.verb().right());
    rights.max().unwrap_or(Right::Reader)
}
