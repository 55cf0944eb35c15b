//! Lines of bounded length from whatever prints them.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// The longest line that is read, in bytes. Agents put whole files into one.
const LONGEST_LINE: usize = 4 << 20;

/// Reads lines. One that is too long is passed over without being kept.
pub(super) struct BoundedLines<R> {
    reader: BufReader<R>,
    longest: usize,
    /// The beginning of a line whose end has not come yet.
    rest: Vec<u8>,
    is_passing_over: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum BoundedLine {
    Whole(Vec<u8>),
    TooLong,
}

impl<R: AsyncRead + Unpin> BoundedLines<R> {
    pub(super) fn new(reader: R) -> Self {
        let reader = BufReader::with_capacity(64 << 10, reader);
        Self { reader, longest: LONGEST_LINE, rest: Vec::new(), is_passing_over: false }
    }

    /// The next line; none at the end. Nothing is lost if nobody waits for it to its end.
    pub(super) async fn next(&mut self) -> io::Result<Option<BoundedLine>> {
        loop {
            let read = self.reader.fill_buf().await?;
            if read.is_empty() {
                let is_line = self.is_passing_over || !self.rest.is_empty();
                return Ok(is_line.then(|| self.end_of_line()));
            }
            let end = memchr::memchr(b'\n', read);
            let piece = &read[..end.unwrap_or(read.len())];
            if self.rest.len() + piece.len() > self.longest {
                self.is_passing_over = true;
                self.rest = Vec::new();
            }
            if !self.is_passing_over {
                self.rest.extend_from_slice(piece);
            }
            let used = piece.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                return Ok(Some(self.end_of_line()));
            }
        }
    }

    fn end_of_line(&mut self) -> BoundedLine {
        let line = std::mem::take(&mut self.rest);
        match std::mem::take(&mut self.is_passing_over) {
            true => BoundedLine::TooLong,
            false => BoundedLine::Whole(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::agents::acp::lines::*;

    async fn lines(text: &str) -> Vec<String> {
        let mut lines = BoundedLines { longest: 8, ..BoundedLines::new(text.as_bytes()) };
        let mut read = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            read.push(match line {
                BoundedLine::Whole(line) => String::from_utf8(line).unwrap(),
                BoundedLine::TooLong => "(too long)".to_owned(),
            });
        }
        read
    }

    #[tokio::test]
    async fn what_is_too_long_is_passed_over_and_the_rest_is_read() {
        let read = lines("12345678\n123456789\n\nab").await;
        assert_eq!(read, ["12345678", "(too long)", "", "ab"]);
        assert_eq!(lines(&"x".repeat(1000)).await, ["(too long)"]);
        assert_eq!(lines("").await, [""; 0]);
    }
}
