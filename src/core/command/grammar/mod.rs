//! The command language: from the text of a comment to its commands and errors.
//!
//! `grammar.md` in the project's root describes it, with examples that run as tests. The steps:
//! [`trigger`](super::trigger) sees at a glance whether a comment can hold a command at all,
//! [`markdown`](super::markdown) finds the lines that are commands, and what stands here reads
//! one line after the other: its verb (`line`), then its arguments (`arguments`), word by word
//! (`token`), up to the first fault (`fault`), unless somebody just talks (`talk`).

mod arguments;
mod fault;
mod line;
mod nearest;
mod talk;
mod token;

use serde::{Serialize, Serializer};

pub use fault::{ErrorKind, LineError, MOST_COMMANDS};
pub(crate) use nearest::nearest;

use super::Command;
use super::markdown::{TooDeep, command_lines, with_plain_line_ends};
use super::trigger::Trigger;
use fault::GrammarFault;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Reading {
    /// The commands to run, from top to bottom.
    pub commands: Vec<CommandText>,
    /// The command lines that are none, from top to bottom.
    pub errors: Vec<LineError>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandText {
    /// Its number in the body, from 1.
    pub line: usize,
    pub command: Command,
    /// The line as written, from the trigger on.
    pub text: String,
}

impl Serialize for CommandText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut line = serializer.serialize_struct("Line", 4)?;
        line.serialize_field("line", &self.line)?;
        line.serialize_field("verb", &self.command.verb())?;
        line.serialize_field("args", &self.command.args())?;
        line.serialize_field("text", &self.text)?;
        line.end()
    }
}

impl Reading {
    /// Commands and errors together, from top to bottom.
    pub fn in_order(&self) -> impl Iterator<Item = Result<&CommandText, &LineError>> {
        let mut commands = self.commands.iter().peekable();
        let mut errors = self.errors.iter().peekable();
        std::iter::from_fn(move || {
            let limit = errors.peek().map_or(usize::MAX, |error| error.line);
            match commands.next_if(|command| command.line < limit) {
                Some(command) => Some(Ok(command)),
                None => errors.next().map(Err),
            }
        })
    }

    pub fn is_empty(&self) -> bool {
        self.commands.is_empty() && self.errors.is_empty()
    }

    /// Whether somebody talks, and says no command.
    pub fn is_talk(&self) -> bool {
        self.commands.is_empty() && self.errors.iter().all(|error| error.kind == ErrorKind::Talk)
    }

    /// A reading in which nothing runs, for one reason.
    fn refused(error: LineError) -> Self {
        Self { commands: Vec::new(), errors: vec![error] }
    }
}

/// Reads `body`, said to the account called `name`.
///
/// Takes time linear in the length of the body, whatever it holds.
pub fn read(name: &str, body: &str) -> Reading {
    let Some(trigger) = Trigger::new(name).filter(|trigger| trigger.may_stand_in(body)) else {
        return Reading::default();
    };
    let body = with_plain_line_ends(body);
    let lines = match command_lines(trigger, &body) {
        Ok(lines) => lines,
        Err(TooDeep) => return Reading::refused(GrammarFault::too_deep().on(1, "")),
    };
    let mut reading = Reading::default();
    let mut count = 0;
    for line in lines {
        let outcome = line::read(trigger, line.text);
        if !matches!(&outcome, Err(fault) if fault.kind == ErrorKind::Talk) {
            count += 1;
        }
        if count > MOST_COMMANDS {
            return Reading::refused(GrammarFault::too_many().on(line.number, line.text));
        }
        match outcome {
            Ok(command) => {
                reading.commands.push(CommandText {
                    line: line.number,
                    command,
                    text: line.text.to_owned(),
                });
            }
            Err(fault) => reading.errors.push(fault.on(line.number, line.text)),
        }
    }
    reading
}
