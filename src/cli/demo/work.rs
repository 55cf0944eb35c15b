//! The backlog is worked on by itself: cards that change, and what comes of each issue. Nobody
//! types a command but the yes.

use std::time::{Duration, Instant};

use super::backlog::{Task, Turn, for_a_crew, tasks};
use super::error::DemoError;
use super::printout::Printout;
use super::session::{DemoSession, GATE, REPORTS, REPOSITORY};
use crate::core::effect::marker::key_of;
use crate::core::reply::cards::LedgerCard;

/// How long all of it may take, by the clock on the wall: many times what it takes.
const PATIENCE: Duration = Duration::from_secs(120);
/// The same of a crew, of which each member may be a process that begins anew for each task.
const CREW_PATIENCE: Duration = Duration::from_secs(900);

/// Between two looks at the threads.
const GLANCE: Duration = Duration::from_millis(20);

/// An issue that is worked on, as far as it was printed.
struct WatchedIssue {
    task: Task,
    repository: &'static str,
    thread: i64,
    /// The key of the card, once it is there.
    card: Option<String>,
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
    let mut ended = Vec::new();
    for task in tasks() {
        let mut issue = WatchedIssue::open(session, paper, GATE, task).await?;
        issue.within(PATIENCE, session, paper).await?;
        ended.push(issue);
    }
    // What was written after the last look must be nothing more.
    for issue in &mut ended {
        issue.look(session, paper)?;
    }
    Ok(ended.len())
}

/// Has a crew work on one issue, and prints it as it happens; in the end the whole card.
pub(super) async fn crew(session: &mut DemoSession, paper: &mut Printout) -> Result<(), DemoError> {
    session.first_poll().await?;
    let mut issue = WatchedIssue::open(session, paper, REPOSITORY, for_a_crew()).await?;
    issue.within(CREW_PATIENCE, session, paper).await?;
    issue.look(session, paper)?;
    let said = session.sandbox.comments(REPOSITORY, issue.thread)?;
    let card = said.iter().find(|said| key_of(&said.body) == issue.card.as_deref());
    let text =
        card.map(|card| card.body.rsplit_once("\n\n<!--").map_or(&*card.body, |(text, _)| text));
    paper.aside("Its card, as it stands in the thread now:")?;
    paper.timmy(text.unwrap_or_default())
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

impl WatchedIssue {
    /// Somebody opens it.
    async fn open(
        session: &DemoSession,
        paper: &mut Printout,
        repository: &'static str,
        task: Task,
    ) -> Result<Self, DemoError> {
        let thread = session.sandbox.open_issue("anna", repository, task.title, task.body)?;
        session.sandbox.label("anna", repository, thread, &["size/s"])?;
        paper.task(task.note, &format!("{repository}#{thread} {}, opened by anna", task.title))?;
        Ok(Self {
            task,
            repository,
            thread,
            card: None,
            shown: String::new(),
            told: Vec::new(),
            turns: 0,
        })
    }

    /// Prints what happens in it, and waits for it no longer than it can take.
    async fn within(
        &mut self,
        patience: Duration,
        session: &mut DemoSession,
        paper: &mut Printout,
    ) -> Result<(), DemoError> {
        let followed = tokio::time::timeout(patience, self.follow(session, paper)).await;
        followed.unwrap_or_else(|_| {
            let Self { task, shown, turns, .. } = self;
            let awaited = task.course.get(*turns);
            let told = format!("{}: {awaited:?} never came, but {shown}", task.title);
            Err(DemoError::OffScript(told))
        })
    }

    /// Prints what happens in it until all came of it that is to come.
    async fn follow(
        &mut self,
        session: &mut DemoSession,
        paper: &mut Printout,
    ) -> Result<(), DemoError> {
        while let Some(turn) = self.task.course.get(self.turns) {
            if matches!(turn, Turn::Dies) && session.agents.crash().await? {
                paper.aside(
                    "bezalel's gateway is killed, and starts again; it knows nothing of its work.",
                )?;
                self.turns += 1;
            }
            tokio::time::sleep(GLANCE).await;
            self.look(session, paper)?;
        }
        session.rest().await
    }

    /// Prints what changed in the thread, and has people say what it is their turn to say.
    fn look(&mut self, session: &DemoSession, paper: &mut Printout) -> Result<(), DemoError> {
        for said in session.sandbox.comments(self.repository, self.thread)? {
            let Some(key) = key_of(&said.body) else { continue };
            let text = said.body.rsplit_once("\n\n<!--").map_or(&*said.body, |(text, _)| text);
            let first = text.lines().next().unwrap_or_default();
            let begins = match self.task.course.get(self.turns) {
                Some(Turn::Begins(words)) => text.contains(words),
                _ => false,
            };
            self.turns += usize::from(begins);
            let is_card = begins || LedgerCard::read(said.id, &said.body).is_some();
            if self.card.is_none() && is_card {
                self.card = Some(key.to_owned());
            }
            if self.card.as_deref() == Some(key) {
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
                session.sandbox.comment(who, self.repository, self.thread, text)?;
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
