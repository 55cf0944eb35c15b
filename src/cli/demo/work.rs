//! The backlog is worked on: commands, cards that change, and what comes of each issue.

use std::time::{Duration, Instant};

use super::backlog::{Task, Turn, tasks};
use super::error::DemoError;
use super::printout::Printout;
use super::session::{DemoSession, REPORTS, REPOSITORY};
use crate::core::effect::marker::key_of;

/// How long all of it may take, by the clock on the wall: many times what it takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks at the threads.
const GLANCE: Duration = Duration::from_millis(20);

/// An issue that is worked on, as far as it was printed.
struct WatchedIssue {
    task: Task,
    thread: i64,
    /// The key of the card.
    card: String,
    /// The first line of the card as it was printed last.
    shown: String,
    /// The keys of the comments that were printed.
    told: Vec<String>,
    /// How many turns were taken.
    turns: usize,
}

/// Has the backlog worked on, and prints it as it happens. How many issues there were.
pub(super) async fn work(
    session: &mut DemoSession,
    paper: &mut Printout,
) -> Result<usize, DemoError> {
    let mut issues = Vec::new();
    for task in tasks() {
        issues.push(begin(session, paper, task).await?);
    }
    let began = Instant::now();
    let crash = tokio::time::timeout(PATIENCE, session.agents.crash()).await;
    crash.map_err(|_| DemoError::OffScript("bezalel was given nothing to die of".to_owned()))??;
    paper.aside("bezalel's gateway is killed, and starts again; it knows nothing of its work.")?;
    while !issues.iter().all(WatchedIssue::has_ended) {
        if began.elapsed() > PATIENCE {
            let open: Vec<_> = issues.iter().filter(|issue| !issue.has_ended()).collect();
            let open: Vec<_> = open.iter().map(|one| (one.task.title, &one.shown)).collect();
            return Err(DemoError::OffScript(format!("no end comes to {open:?}")));
        }
        tokio::time::sleep(GLANCE).await;
        for issue in &mut issues {
            issue.look(session, paper)?;
        }
    }
    session.rest().await?;
    // What was written after the last look must be nothing more.
    for issue in &mut issues {
        issue.look(session, paper)?;
    }
    Ok(issues.len())
}

/// Prints the report of the day, once it tells what waits, what was done and what was given up.
pub(super) async fn report(session: &DemoSession, paper: &mut Printout) -> Result<(), DemoError> {
    paper.aside("And the owner gets one report.")?;
    let began = Instant::now();
    loop {
        let said = session.sandbox.comments(REPORTS, 1).unwrap_or_default();
        let tells = |text: &str| {
            let parts = ["### Needs you", "### Shipped and verified", "merged", "dead: 1"];
            parts.iter().all(|part| text.contains(part))
        };
        if let Some(day) = said.iter().find(|said| tells(&said.body)) {
            let text = day.body.rsplit_once("\n\n<!--").map_or(&*day.body, |(text, _)| text);
            return paper.timmy(text);
        }
        if began.elapsed() > PATIENCE {
            return Err(DemoError::OffScript(format!("the report says {said:?}")));
        }
        tokio::time::sleep(GLANCE).await;
    }
}

async fn begin(
    session: &DemoSession,
    paper: &mut Printout,
    task: Task,
) -> Result<WatchedIssue, DemoError> {
    let body =
        format!("`docs/oil.md` says nothing of this.\n\nExpected: {}.", "it is written down");
    let thread = session.sandbox.open_issue("anna", REPOSITORY, task.title, &body)?;
    session.sandbox.label("anna", REPOSITORY, thread, &["size/s"])?;
    session.rest().await?;
    paper.task(task.note, &format!("{REPOSITORY}#{thread} {}", task.title))?;
    paper.person("alexander", task.command)?;
    let comment = session.sandbox.comment("alexander", REPOSITORY, thread, task.command)?;
    let (card, shown, told) = (format!("c{comment}"), String::new(), Vec::new());
    Ok(WatchedIssue { task, thread, card, shown, told, turns: 0 })
}

impl WatchedIssue {
    fn has_ended(&self) -> bool {
        self.turns >= self.task.course.len()
    }

    /// Prints what changed in the thread, and has people say what it is their turn to say.
    fn look(&mut self, session: &DemoSession, paper: &mut Printout) -> Result<(), DemoError> {
        for said in session.sandbox.comments(REPOSITORY, self.thread)? {
            let Some(key) = key_of(&said.body) else { continue };
            let text = said.body.rsplit_once("\n\n<!--").map_or(&*said.body, |(text, _)| text);
            let first = text.lines().next().unwrap_or_default();
            if key == self.card {
                if first != self.shown {
                    paper.timmy(&format!("[card of #{}] {first}", self.thread))?;
                    first.clone_into(&mut self.shown);
                }
            } else if !self.told.iter().any(|told| told == key) {
                self.expect(text)?;
                paper.timmy(&format!("[in #{}] {text}", self.thread))?;
                self.told.push(key.to_owned());
                self.turns += 1;
            }
        }
        match self.task.course.get(self.turns) {
            Some(Turn::Shown(words)) if self.shown.contains(words) => self.turns += 1,
            Some(Turn::Says { who, text, note }) => {
                self.turns += 1;
                paper.aside(note)?;
                paper.person(who, &format!("[in #{}] {text}", self.thread))?;
                session.sandbox.comment(who, REPOSITORY, self.thread, text)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether this is what is to be told next.
    fn expect(&self, text: &str) -> Result<(), DemoError> {
        match self.task.course.get(self.turns) {
            Some(Turn::Told(words)) if text.contains(words) => Ok(()),
            expected => Err(DemoError::OffScript(format!(
                "{:?}: expected {expected:?} and got {text:?}",
                self.task.title
            ))),
        }
    }
}
