//! Server-sent events, as agents and models stream them: lines of `data:`, each a message of its
//! own.

/// The longest line that is read, in bytes.
const LONGEST_LINE: usize = 1 << 20;

/// Takes a stream apart, however it comes in pieces.
#[derive(Debug, Default)]
pub struct EventStream {
    /// The beginning of a line whose end has not come yet.
    rest: Vec<u8>,
}

/// A line that does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line of the stream is longer than {LONGEST_LINE} bytes")]
pub struct LineTooLong;

impl EventStream {
    /// What the lines of `data:` say that end in `bytes`.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, LineTooLong> {
        let mut messages = Vec::new();
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let last = lines.next_back().unwrap_or_default();
        for line in lines {
            self.extend(line)?;
            messages.extend(data(&std::mem::take(&mut self.rest)));
        }
        self.extend(last)?;
        Ok(messages)
    }

    fn extend(&mut self, bytes: &[u8]) -> Result<(), LineTooLong> {
        if self.rest.len() + bytes.len() > LONGEST_LINE {
            return Err(LineTooLong);
        }
        self.rest.extend_from_slice(bytes);
        Ok(())
    }
}

/// What a line says, if it is one of `data:`: names of events and comments say nothing.
fn data(line: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(line.strip_prefix(b"data:")?);
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use crate::agents::event_stream::*;

    #[test]
    fn pieces_make_the_same_messages_as_the_whole() {
        let whole =
            ": hello\r\nevent: x\ndata: {\"a\":\"é\"}\r\n\r\ndata:b\n\ndata: \ndata: [DONE]\n";
        for size in 1..whole.len() {
            let mut stream = EventStream::default();
            let pieces = whole.as_bytes().chunks(size);
            let messages: Vec<_> = pieces.flat_map(|piece| stream.push(piece).unwrap()).collect();
            assert_eq!(messages, ["{\"a\":\"é\"}", "b", "[DONE]"], "in pieces of {size}");
        }
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let mut stream = EventStream::default();
        let filled = (0..40).map(|_| stream.push(&[b'x'; 64 << 10]));
        assert!(filled.into_iter().any(|pushed| pushed == Err(LineTooLong)));
    }
}
