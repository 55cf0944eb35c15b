//! How far the backlog is read, as a bar on standard error; nothing where that is no terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::engine::SyncProgress;

/// A bar that vanishes when it is dropped.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// A bar that shows nothing yet.
    pub(super) fn new() -> Self {
        Self(ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()))
    }

    /// Shows how far it is.
    pub(super) fn show(&self, progress: SyncProgress) {
        let (done, of, what) = match progress {
            SyncProgress::Reading { read, of } => (read, of, "issues and pull requests"),
            SyncProgress::Asking { asked, of } => (asked, Some(of), "asked what they wait for"),
        };
        if self.0.length() != of.map(size) || self.0.message() != what {
            self.0.set_style(style(of.is_some()));
            self.0.set_message(what);
            match of {
                Some(of) => self.0.set_length(size(of)),
                None => self.0.unset_length(),
            }
        }
        self.0.set_position(size(done));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn style(is_counted: bool) -> ProgressStyle {
    let form = if is_counted {
        "{bar:30} {human_pos} of {human_len} {msg}, {eta} left"
    } else {
        "{spinner} {human_pos} {msg}"
    };
    ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn size(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
