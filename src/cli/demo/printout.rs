//! The conversation on paper: who says what, as it happens. Colour only on a terminal.

use std::io::{self, Stdout, Write};
use std::net::SocketAddr;

use console::Style;

use super::error::DemoError;
use super::haste::HASTE;
use super::script::{ForgeFault, Scene};
use super::session::{DemoIssue, REPOSITORY, SceneResult, TITLE};

/// How wide the column of names is.
const MARGIN: usize = 11;

/// The style of details.
const FAINT: Style = Style::new().dim();
const PERSON: Style = Style::new().bold();
const TIMMY: Style = Style::new().bold().green();

/// Where the demo is printed.
pub(super) struct Printout {
    out: Stdout,
}

impl Printout {
    pub(super) fn standard_output() -> Self {
        Self { out: io::stdout() }
    }

    pub(super) fn opening(&mut self, url: &str) -> Result<(), DemoError> {
        self.line(&format!(
            "A sandbox forge with real git on {url}, a real timmy, signed webhooks between them, \
             and two scripted agents."
        ))?;
        self.line(&format!("Its time begins at noon, and runs {HASTE} times as fast as yours."))?;
        self.line("")?;
        self.line(&format!("{REPOSITORY}#1 {TITLE}"))
    }

    pub(super) fn scene(&mut self, scene: &Scene) -> Result<(), DemoError> {
        self.line("")?;
        self.line(&FAINT.apply_to(format_args!("-- {}", scene.note)).to_string())?;
        self.said(PERSON, scene.who, scene.text)?;
        match scene.incident {
            ForgeFault::None => Ok(()),
            ForgeFault::FailsAfterPosting => self.said(FAINT, "(forge)", "500, but posted"),
            ForgeFault::SendsTwice => self.said(FAINT, "(forge)", "sends the webhook twice"),
        }
    }

    pub(super) fn outcome(&mut self, outcome: &SceneResult) -> Result<(), DemoError> {
        if let Some(reaction) = outcome.reactions.iter().find(|r| *r != "eyes") {
            self.said(TIMMY, "timmy", &format!(":{reaction}:"))?;
        } else if outcome.replies.is_empty() {
            self.said(FAINT, "(timmy)", "(says nothing)")?;
        }
        for reply in &outcome.replies {
            self.said(TIMMY, "timmy", reply)?;
        }
        Ok(())
    }

    /// An issue that is given away.
    pub(super) fn task(&mut self, note: &str, issue: &str) -> Result<(), DemoError> {
        self.line("")?;
        self.line(&FAINT.apply_to(format_args!("-- {note}")).to_string())?;
        self.line(issue)
    }

    pub(super) fn person(&mut self, who: &str, text: &str) -> Result<(), DemoError> {
        self.said(PERSON, who, text)
    }

    pub(super) fn timmy(&mut self, text: &str) -> Result<(), DemoError> {
        self.said(TIMMY, "timmy", text)
    }

    /// What happens beside the threads.
    pub(super) fn aside(&mut self, text: &str) -> Result<(), DemoError> {
        self.line("")?;
        self.line(&FAINT.apply_to(format_args!("-- {text}")).to_string())
    }

    pub(super) fn closing(
        &mut self,
        (comments, replies, jobs): (usize, usize, usize),
        issue: &DemoIssue,
    ) -> Result<(), DemoError> {
        let (labels, assignees) = (issue.labels.join(", "), issue.assignees.join(", "));
        self.line("")?;
        self.line(&format!(
            "{comments} comments, {replies} replies, {jobs} jobs: none lost, none doubled."
        ))?;
        self.line(&format!("{REPOSITORY}#1 is now labelled {labels}; assigned to {assignees}."))
    }

    pub(super) fn page(
        &mut self,
        address: SocketAddr,
        own: Option<SocketAddr>,
    ) -> Result<(), DemoError> {
        self.line("")?;
        self.line("Now you. Open this page and write a comment, as any of them:")?;
        self.line("")?;
        let url = TIMMY.apply_to(format_args!("http://{address}/")).to_string();
        self.line(&format!("  {url}"))?;
        self.line("")?;
        if let Some(own) = own {
            let url = TIMMY.apply_to(format_args!("http://{own}/")).to_string();
            self.line(&format!("How timmy itself sees it all: {url}"))?;
            self.line("")?;
        }
        self.line("Ctrl-C ends it. Nothing is kept.")
    }

    /// Somebody's words, their name beside the first line.
    fn said(&mut self, tone: Style, who: &str, text: &str) -> Result<(), DemoError> {
        let name = tone.apply_to(format_args!("{who:<MARGIN$}")).to_string();
        for (nth, line) in text.lines().enumerate() {
            let margin = if nth == 0 { name.clone() } else { " ".repeat(MARGIN) };
            self.line(format!("{margin}{line}").trim_end())?;
        }
        Ok(())
    }

    fn line(&mut self, text: &str) -> Result<(), DemoError> {
        writeln!(self.out, "{text}").map_err(DemoError::Paper)
    }
}
