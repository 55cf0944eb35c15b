//! How things stand in a thread, and how a verb is used: the facts of the longer answers.

use askama::Template;

use super::crew::CrewView;
use super::filters::{self, Name};
use super::jobs::{JobStanding, JobView};
use super::{Judgement, Paused};
use crate::core::command::verb::Verb;
use crate::core::model::issue::ScopePart;
use crate::core::reply::state::Held;
use crate::core::scheduling::{Ineligible, MANY_DEPENDENTS, Readiness, Term, TermLine, TermReason};

/// One verb of the help.
#[derive(Debug, Clone, PartialEq)]
pub struct HelpVerb {
    /// Which.
    pub verb: Verb,
    /// Whether the asker may use it here.
    pub may: bool,
    /// The guards that it can name, where it names one.
    pub guards: Vec<String>,
}

/// How things stand in a thread.
#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    /// The thread, as this thread would write it; none for this thread itself.
    pub target: Option<String>,
    /// The latest job that was there.
    pub job: Option<Box<JobView>>,
    /// The review of it, or of what that brought, that is under way beside that.
    pub review: Option<Box<JobView>>,
    /// The crew that works on it, or did last.
    pub crew: Option<Box<CrewView>>,
    /// Its title, as people wrote it.
    pub title: String,
    /// Whether it is open.
    pub open: bool,
    /// Whether it is a pull request.
    pub is_pull: bool,
    /// Its priority.
    pub priority: Option<String>,
    /// Its size.
    pub size: Option<String>,
    /// Who is assigned.
    pub assignees: Vec<String>,
    /// Who put it on hold.
    pub hold: Option<Held>,
    /// What it waits for, as this thread writes it.
    pub waits: Vec<String>,
    /// The first of these for which it can be made to wait no longer.
    pub removable: Option<String>,
    /// Whether it also waits for something that cannot be named here.
    pub waits_unseen: bool,
    /// What keeps everything in its repository from starting.
    pub pause: Option<Paused>,
    /// Until when it is snoozed, as people say it, and by whom.
    pub snooze: Option<(String, String)>,
    /// When its author was asked what it does not say, as people say it, and for what; none if
    /// nobody was, or somebody answered.
    pub asked: Option<(String, String)>,
    /// The latest commands there, oldest first.
    pub recent: Vec<Earlier>,
}

/// Why an issue is, or is not, handed out.
#[derive(Debug, Clone, PartialEq)]
pub struct Why {
    /// How things stand there.
    pub status: Status,
    /// The people who are assigned: agents are no obstacle.
    pub people: Vec<String>,
    /// The repository, if nothing is handed out there: it is not watched, or archived.
    pub left_out: Option<String>,
    /// What keeps it from being handed out, the firmest first.
    pub obstacles: Vec<Ineligible>,
    /// What the backlog says of it; none if it is not there, or not yet.
    pub judgement: Option<Judgement>,
}

/// An earlier command, as people say it.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    /// When it was heard.
    pub when: String,
    /// Who said it.
    pub actor: String,
    /// The line, as written; none if it was deleted since.
    pub line: Option<String>,
    /// What came of it, as a stable code.
    pub outcome: String,
}

#[derive(Template)]
#[template(path = "reply/because.md")]
struct Because<'a> {
    why: &'a Why,
    judgement: &'a Judgement,
    line: &'a TermLine,
}

impl ScopePart {
    /// What it is called, in a word or two.
    pub fn said(self) -> &'static str {
        match self {
            Self::Scope => "scope",
            Self::Place => "place",
            Self::Acceptance => "acceptance criteria",
        }
    }
}

impl Status {
    /// The job that is there, if it has not ended.
    pub fn live(&self) -> Option<&JobView> {
        self.job.as_deref().filter(|view| !view.is_over)
    }

    /// The job that was there last, if what it brought was merged and taken back.
    pub fn reverted(&self) -> Option<&JobView> {
        let is_reverted = |view: &&JobView| matches!(view.standing, JobStanding::Reverted { .. });
        self.ended().filter(is_reverted)
    }

    /// The job that is there, if it waits for a person.
    pub fn asking(&self) -> Option<&JobView> {
        let asks = |view: &&JobView| matches!(view.standing, JobStanding::NeedsPerson { .. });
        self.live().filter(asks)
    }

    /// The job that is there, if no agent works on it at the moment, and no person is needed either.
    pub fn between(&self) -> Option<&JobView> {
        let is_between = |view: &&JobView| {
            matches!(
                view.standing,
                JobStanding::Queued { .. }
                    | JobStanding::Checking { .. }
                    | JobStanding::Pausing { .. }
                    | JobStanding::HostAway { .. }
                    | JobStanding::QuotaSpent { .. }
                    | JobStanding::RedBranch
                    | JobStanding::Unclear { .. }
                    | JobStanding::InReview { .. }
            )
        };
        self.live().filter(is_between)
    }

    /// The job that was there last, if none is there.
    pub fn ended(&self) -> Option<&JobView> {
        self.job.as_deref().filter(|view| view.is_over)
    }
}

impl HelpVerb {
    /// The verb and what follows it.
    pub fn usage(&self) -> String {
        format!("{} {}", self.verb.name(), self.verb.form()).trim_end().to_owned()
    }
}

impl Why {
    /// What the backlog says, if it knows of a circle of dependencies.
    pub fn circle(&self) -> Option<&Judgement> {
        self.judgement.as_ref().filter(|judgement| !judgement.circle.is_empty())
    }

    /// Who wrote it.
    pub fn author(&self) -> Option<&str> {
        self.judgement.as_ref()?.author.as_deref()
    }

    /// The pull requests that are to close it; none for what cannot be named here.
    pub fn pulls(&self) -> &[Option<String>] {
        self.judgement.as_ref().map_or(&[], |judgement| &judgement.pulls)
    }

    /// Its own thread, from where it is told.
    pub(super) fn here(&self) -> &'static str {
        if self.status.target.is_none() { "here" } else { "there" }
    }

    /// The issue, after it was named.
    pub(super) fn it(&self) -> &'static str {
        if self.status.target.is_none() { "this" } else { "it" }
    }

    /// From where a term of its score has its value, as Markdown.
    pub fn because(&self, judgement: &Judgement, line: &TermLine) -> String {
        let text = Because { why: self, judgement, line }.render_with_values(&Name(String::new()));
        text.expect("a String takes everything, and no command is named").trim().to_owned()
    }

    /// Where the commands that would help have to be said.
    pub fn place(&self) -> &'static str {
        match self.status.target {
            None => "",
            Some(_) => " there",
        }
    }
}

impl Status {
    /// Whether it waits for something.
    pub fn is_blocked(&self) -> bool {
        !self.waits.is_empty() || self.waits_unseen
    }

    /// What can be seen to keep agents away from it.
    pub fn obstacles(&self) -> impl Iterator<Item = Ineligible> {
        let all = [
            (!self.open, Ineligible::Closed),
            (self.is_pull, Ineligible::PullRequest),
            (self.is_blocked(), Ineligible::Blocked),
            (self.hold.is_some(), Ineligible::Hold),
            (self.snooze.is_some(), Ineligible::Snoozed),
            (self.pause.is_some(), Ineligible::Paused),
        ];
        all.into_iter().filter_map(|(holds, obstacle)| holds.then_some(obstacle))
    }
}
