//! What a run prints: its end is kept, the rest is drained and counted.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How much is read at once.
const PIECE: usize = 64 << 10;

/// How long the rest of an output may take once nothing is left that could write to it.
const REST: Duration = Duration::from_secs(5);

/// The end of what was printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutputEnd {
    bytes: Vec<u8>,
    /// How many bytes were printed before it, which nobody kept.
    pub dropped: u64,
}

impl OutputEnd {
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// As text; what is no UTF-8 in it is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub(super) fn add(&mut self, piece: &[u8], most: usize) {
        let kept = &piece[piece.len().saturating_sub(most)..];
        let over = (self.bytes.len() + kept.len()).saturating_sub(most);
        self.bytes.drain(..over);
        self.bytes.extend_from_slice(kept);
        self.dropped += (over + piece.len() - kept.len()) as u64;
    }
}

/// Reads a pipe until its end, whatever becomes of who asked for it.
pub(super) struct Drain {
    kept: Arc<Mutex<OutputEnd>>,
    reading: JoinHandle<()>,
}

impl Drain {
    pub(super) fn begin(pipe: OwnedFd, most: usize) -> std::io::Result<Self> {
        let mut pipe = pipe::Receiver::from_owned_fd(pipe)?;
        let kept = Arc::new(Mutex::new(OutputEnd::default()));
        let keeping = Arc::clone(&kept);
        let reading = tokio::spawn(async move {
            let mut piece = vec![0; PIECE];
            while let Ok(length @ 1..) = pipe.read(&mut piece).await {
                let mut kept = keeping.lock().unwrap_or_else(PoisonError::into_inner);
                kept.add(&piece[..length], most);
            }
        });
        Ok(Self { kept, reading })
    }

    /// What was printed, once the run has ended. A pipe that something else holds open is left.
    pub(super) async fn end(mut self) -> OutputEnd {
        let _ = timeout(REST, &mut self.reading).await;
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        self.reading.abort();
    }
}

#[cfg(test)]
mod tests {
    use crate::confinement::output::*;

    #[test]
    fn the_end_is_kept_and_the_rest_is_counted() {
        let mut end = OutputEnd::default();
        end.add(b"abc", 4);
        assert_eq!((end.bytes(), end.dropped), (&b"abc"[..], 0));
        end.add(b"de", 4);
        assert_eq!((end.bytes(), end.dropped), (&b"bcde"[..], 1));
        end.add(b"0123456789", 4);
        assert_eq!((end.bytes(), end.dropped), (&b"6789"[..], 11));
        end.add(b"", 4);
        assert_eq!((end.bytes(), end.dropped), (&b"6789"[..], 11));
    }
}
