//! Lines of a stream that may be anything: bounded, each and all together.

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// How much is read at once.
const PIECE: usize = 64 << 10;

/// The longest line, in bytes; of a longer one the beginning is kept.
const LONGEST: usize = 1 << 20;

/// The most that a stream may hold, in bytes.
const MOST: u64 = 256 << 20;

pub(super) struct Lines<R> {
    stream: R,
    /// What was read and not given yet.
    rest: Vec<u8>,
    /// From where on nobody has looked for the end of a line.
    looked: usize,
    /// Whether what comes belongs to a line that was too long.
    skips: bool,
    read: u64,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NextLine {
    /// What is no UTF-8 in it is replaced.
    Line(String),
    End,
    /// It holds more than anybody reads.
    TooMuch,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(stream: R) -> Self {
        Self { stream, rest: Vec::new(), looked: 0, skips: false, read: 0 }
    }

    /// The next line. It can be given up, and asked for again.
    pub(super) async fn next(&mut self) -> NextLine {
        loop {
            if let Some(line) = self.take_line() {
                return NextLine::Line(line);
            }
            if self.read > MOST {
                return NextLine::TooMuch;
            }
            let mut piece = vec![0; PIECE];
            match self.stream.read(&mut piece).await {
                Ok(length @ 1..) => {
                    self.read += length as u64;
                    self.rest.extend_from_slice(&piece[..length]);
                }
                Ok(0) | Err(_) => {
                    let last = std::mem::take(&mut self.rest);
                    self.looked = 0;
                    return match last.is_empty() || self.skips {
                        true => NextLine::End,
                        false => NextLine::Line(said(&last)),
                    };
                }
            }
        }
    }

    fn take_line(&mut self) -> Option<String> {
        loop {
            let end = memchr::memchr(b'\n', &self.rest[self.looked..]);
            let Some(end) = end.map(|end| self.looked + end) else {
                self.looked = self.rest.len();
                if self.rest.len() <= LONGEST {
                    return None;
                }
                self.looked = 0;
                let long = std::mem::take(&mut self.rest);
                if !std::mem::replace(&mut self.skips, true) {
                    return Some(said(&long[..LONGEST]));
                }
                return None;
            };
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            self.looked = 0;
            if !std::mem::take(&mut self.skips) {
                return Some(said(&line));
            }
        }
    }
}

fn said(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim_end_matches(['\r', '\n']).to_owned()
}

#[cfg(test)]
mod tests {
    use crate::agents::command::lines::*;

    async fn all(bytes: &[u8]) -> Vec<NextLine> {
        let mut lines = Lines::new(bytes);
        let mut all = Vec::new();
        loop {
            let next = lines.next().await;
            let is_over = !matches!(next, NextLine::Line(_));
            all.push(next);
            if is_over {
                return all;
            }
        }
    }

    #[tokio::test]
    async fn lines_are_read_whatever_they_hold() {
        let line = |text: &str| NextLine::Line(text.to_owned());
        assert_eq!(all(b"").await, [NextLine::End]);
        let read = all(b"a\r\n\nb\xff\nc").await;
        assert_eq!(read, [line("a"), line(""), line("b\u{fffd}"), line("c"), NextLine::End]);
    }

    #[tokio::test]
    async fn a_line_without_end_is_cut_and_what_follows_it_is_read() {
        let mut bytes = vec![b'x'; 3 * LONGEST];
        bytes.extend(b"\nnext\n");
        let read = all(&bytes).await;
        assert!(
            matches!(&read[0], NextLine::Line(line) if line.len() == LONGEST),
            "{}",
            read.len()
        );
        assert_eq!(read[1..], [NextLine::Line("next".to_owned()), NextLine::End]);
    }

    #[tokio::test]
    async fn more_than_anybody_reads_ends_it() {
        let mut lines = Lines::new(tokio::io::repeat(b'\n'));
        let mut next = lines.next().await;
        while matches!(next, NextLine::Line(_)) {
            next = lines.next().await;
        }
        assert_eq!(next, NextLine::TooMuch);
    }
}
