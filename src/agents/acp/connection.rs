//! The line to an agent: messages in both directions, none of which can hold up the other.

use std::io;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use super::lines::{BoundedLine, BoundedLines};
use super::wire::{METHOD_NOT_FOUND, WireMessage};

/// How much may wait for an agent that does not read.
const MOST_UNREAD: usize = 8 << 20;

/// What an agent prints and what it reads.
pub(super) struct AcpConnection {
    lines: BoundedLines<Box<dyn AsyncRead + Send + Unpin>>,
    /// None once it is closed, or the agent closed it.
    input: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    /// What is to be written still.
    unsent: Vec<u8>,
    asked: u64,
    /// How many lines were no messages.
    pub(super) nonsense: u64,
}

/// The agent will not say anything more.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectionLost {
    #[error("it ended")]
    Ended,
    #[error("it does not read what it is told")]
    DoesNotRead,
    #[error("its output cannot be read: {0}")]
    Io(#[from] io::Error),
}

impl AcpConnection {
    pub(super) fn new(
        output: impl AsyncRead + Send + Unpin + 'static,
        input: impl AsyncWrite + Send + Unpin + 'static,
    ) -> Self {
        Self {
            lines: BoundedLines::new(Box::new(output)),
            input: Some(Box::new(input)),
            unsent: Vec::new(),
            asked: 0,
            nonsense: 0,
        }
    }

    /// Asks the agent something; the number under which it answers.
    pub(super) fn ask(&mut self, method: &str, params: Value) -> u64 {
        self.asked += 1;
        let id = self.asked;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    pub(super) fn notify(&mut self, method: &str, params: Value) {
        self.write(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Answers what the agent asked under `id`.
    pub(super) fn answer(&mut self, id: Value, result: Value) {
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "result": result }));
    }

    /// Answers that there is no such thing to ask for.
    pub(super) fn answer_unknown(&mut self, id: Value, method: &str) {
        let message = format!("timmy has no {method}");
        let error = json!({ "code": METHOD_NOT_FOUND, "message": message });
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "error": error }));
    }

    /// Tells the agent that nothing more will come.
    pub(super) fn close(&mut self) {
        self.input = None;
        self.unsent = Vec::new();
    }

    fn write(&mut self, message: &Value) {
        if self.input.is_some() {
            self.unsent.extend_from_slice(message.to_string().as_bytes());
            self.unsent.push(b'\n');
        }
    }

    /// The next message, while what is to be written is written. Nothing is lost if nobody waits
    /// for it to its end.
    pub(super) async fn receive(&mut self) -> Result<WireMessage, ConnectionLost> {
        loop {
            if self.unsent.len() > MOST_UNREAD {
                return Err(ConnectionLost::DoesNotRead);
            }
            let Self { lines, input, unsent, .. } = self;
            let line = tokio::select! {
                line = lines.next() => line?.ok_or(ConnectionLost::Ended)?,
                written = write_some(input, unsent) => {
                    match written {
                        Ok(written) => drop(self.unsent.drain(..written)),
                        // It closed its input. What it has to say is read all the same.
                        Err(_) => self.close(),
                    }
                    continue;
                }
            };
            match line {
                BoundedLine::Whole(line) if line.trim_ascii().is_empty() => {}
                BoundedLine::Whole(line) => match WireMessage::read(&line) {
                    Some(message) => return Ok(message),
                    None => self.nonsense += 1,
                },
                BoundedLine::TooLong => self.nonsense += 1,
            }
        }
    }
}

/// How much of `unsent` was written; without end if there is nothing to write.
async fn write_some(
    input: &mut Option<Box<dyn AsyncWrite + Send + Unpin>>,
    unsent: &[u8],
) -> io::Result<usize> {
    match input {
        Some(input) if !unsent.is_empty() => match input.write(unsent).await? {
            0 => Err(io::ErrorKind::WriteZero.into()),
            written => Ok(written),
        },
        _ => std::future::pending().await,
    }
}
