//! The conversation on paper: who says what, as it happens. Colour only on a terminal.

use std::io::{self, IsTerminal, Stdout, Write};
use std::net::SocketAddr;

use super::DemoError;
use super::script::{Scene, Trouble};
use super::session::{Issue, Outcome, REPOSITORY, TITLE};

/// How wide the column of names is.
const MARGIN: usize = 11;

/// Where the demo is printed.
pub(super) struct Transcript {
    out: Stdout,
    coloured: bool,
}

/// How a line stands out.
#[derive(Clone, Copy)]
enum Tone {
    /// Beside the matter.
    Faint,
    /// A person's name.
    Person,
    /// timmy's name.
    Timmy,
}

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Self::Faint => "\x1b[2m",
            Self::Person => "\x1b[1m",
            Self::Timmy => "\x1b[1;32m",
        }
    }
}

impl Transcript {
    pub(super) fn standard_output() -> Self {
        let out = io::stdout();
        let coloured = out.is_terminal();
        Self { out, coloured }
    }

    pub(super) fn opening(&mut self, url: &str) -> Result<(), DemoError> {
        self.line(&format!(
            "A sandbox forge on {url}, a real timmy, signed webhooks between them."
        ))?;
        self.line("")?;
        self.line(&format!("{REPOSITORY}#1 {TITLE}"))
    }

    pub(super) fn scene(&mut self, scene: &Scene) -> Result<(), DemoError> {
        self.line("")?;
        let note = self.toned(Tone::Faint, &format!("-- {}", scene.note));
        self.line(&note)?;
        self.said(Tone::Person, scene.who, scene.text)?;
        match scene.incident {
            Trouble::None => Ok(()),
            Trouble::FailsAfterPosting => self.said(Tone::Faint, "(forge)", "500, but posted"),
            Trouble::SendsTwice => self.said(Tone::Faint, "(forge)", "sends the webhook twice"),
        }
    }

    pub(super) fn outcome(&mut self, outcome: &Outcome) -> Result<(), DemoError> {
        if let Some(reaction) = outcome.reactions.iter().find(|r| *r != "eyes") {
            self.said(Tone::Timmy, "timmy", &format!(":{reaction}:"))?;
        } else if outcome.replies.is_empty() {
            self.said(Tone::Faint, "(timmy)", "(says nothing)")?;
        }
        for reply in &outcome.replies {
            self.said(Tone::Timmy, "timmy", reply)?;
        }
        Ok(())
    }

    pub(super) fn closing(
        &mut self,
        comments: usize,
        replies: usize,
        issue: &Issue,
    ) -> Result<(), DemoError> {
        let (labels, assignees) = (issue.labels.join(", "), issue.assignees.join(", "));
        self.line("")?;
        self.line(&format!("{comments} comments, {replies} replies, none lost, none doubled."))?;
        self.line(&format!("{REPOSITORY}#1 is now labelled {labels}; assigned to {assignees}."))
    }

    pub(super) fn page(&mut self, address: SocketAddr) -> Result<(), DemoError> {
        self.line("")?;
        self.line("Now you. Open this page and write a comment, as any of them:")?;
        self.line("")?;
        let url = self.toned(Tone::Timmy, &format!("http://{address}/"));
        self.line(&format!("  {url}"))?;
        self.line("")?;
        self.line("Ctrl-C ends it. Nothing is kept.")
    }

    /// Somebody's words, their name beside the first line.
    fn said(&mut self, tone: Tone, who: &str, text: &str) -> Result<(), DemoError> {
        let name = self.toned(tone, &format!("{who:<MARGIN$}"));
        for (nth, line) in text.lines().enumerate() {
            let margin = if nth == 0 { name.clone() } else { " ".repeat(MARGIN) };
            self.line(format!("{margin}{line}").trim_end())?;
        }
        Ok(())
    }

    fn toned(&self, tone: Tone, text: &str) -> String {
        if self.coloured { format!("{}{text}\x1b[0m", tone.code()) } else { text.to_owned() }
    }

    fn line(&mut self, text: &str) -> Result<(), DemoError> {
        writeln!(self.out, "{text}").map_err(DemoError::Paper)
    }
}
