//! Lines of a stream that may be anything: bounded, each and all together.

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// How much is read at once.
const PIECE: usize = 64 << 10;

/// The longest line, in bytes; of a longer one the beginning is kept.
const LONGEST: usize = 1 << 20;

/// The most that a stream may hold, in bytes and in lines.
const MOST: u64 = 64 << 20;
const MOST_LINES: u64 = 200_000;

pub(super) struct Lines<R> {
    stream: R,
    /// What was read; up to `given` it was given.
    held: Vec<u8>,
    given: usize,
    /// Whether what comes belongs to a line that was too long.
    skips: bool,
    read: u64,
    lines: u64,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NextLine {
    /// What is no UTF-8 in it is replaced.
    Line(String),
    /// The beginning of one that is too long.
    Beginning(String),
    End,
    /// It holds more than anybody reads.
    TooMuch,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(stream: R) -> Self {
        Self { stream, held: Vec::new(), given: 0, skips: false, read: 0, lines: 0 }
    }

    /// The next line. It can be given up, and asked for again.
    pub(super) async fn next(&mut self) -> NextLine {
        loop {
            if self.read > MOST || self.lines > MOST_LINES {
                return NextLine::TooMuch;
            }
            if let Some(line) = self.take_line() {
                self.lines += 1;
                return line;
            }
            let mut piece = vec![0; PIECE];
            match self.stream.read(&mut piece).await {
                Ok(length @ 1..) => {
                    self.read += length as u64;
                    self.held.drain(..std::mem::take(&mut self.given));
                    self.held.extend_from_slice(&piece[..length]);
                }
                Ok(0) | Err(_) => {
                    let held = std::mem::take(&mut self.held);
                    let last = &held[std::mem::take(&mut self.given)..];
                    return match last.is_empty() || self.skips {
                        true => NextLine::End,
                        false => NextLine::Line(said(last)),
                    };
                }
            }
        }
    }

    fn take_line(&mut self) -> Option<NextLine> {
        loop {
            let rest = &self.held[self.given..];
            let Some(end) = memchr::memchr(b'\n', rest) else {
                if rest.len() <= LONGEST {
                    return None;
                }
                let beginning = said(&rest[..LONGEST]);
                self.given = self.held.len();
                let was_given = std::mem::replace(&mut self.skips, true);
                return (!was_given).then_some(NextLine::Beginning(beginning));
            };
            let line = said(&rest[..end]);
            self.given += end + 1;
            if !std::mem::take(&mut self.skips) {
                return Some(NextLine::Line(line));
            }
        }
    }
}

fn said(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim_end_matches('\r').to_owned()
}

#[cfg(test)]
mod tests {
    use crate::agents::command::lines::*;

    async fn all(bytes: &[u8]) -> Vec<NextLine> {
        let mut lines = Lines::new(bytes);
        let mut all = Vec::new();
        loop {
            let next = lines.next().await;
            let is_over = !matches!(next, NextLine::Line(_) | NextLine::Beginning(_));
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
            matches!(&read[0], NextLine::Beginning(line) if line.len() == LONGEST),
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
