//! What has to be known of the backlog to answer a text.

use std::collections::HashMap;
use std::sync::Arc;

use crate::core::model::ids::ThreadId;
use crate::core::model::thread::ThreadTitle;
use crate::core::reply::Autonomy;
use crate::core::scheduling::{
    IssueFacts, IssueLabels, Match, RankedBacklog, RankedIssue, Ranking, Roster,
};

/// The backlog, as far as it was asked about and read.
#[derive(Debug, Clone)]
pub struct BacklogFacts {
    /// Where each issue stands, and by which rules and for which agents it was judged.
    pub judged: Arc<RankedBacklog>,
    /// How many repositories were not read yet.
    pub unread: usize,
    /// How far timmy goes by itself.
    pub mode: Autonomy,
    /// The issues that were asked about, as far as they are in the backlog.
    pub cases: HashMap<ThreadId, IssueCase>,
    /// The issues that may be named here, as far as an answer may want to.
    pub titles: HashMap<ThreadId, ThreadTitle>,
}

/// An issue of which all is to be told.
#[derive(Debug, Clone)]
pub struct IssueCase {
    /// What is known of it.
    pub facts: IssueFacts,
    /// Where it stands.
    pub standing: RankedIssue,
    /// The role that it needs.
    pub role: String,
    /// What was decided about it, or would be if it were its turn.
    pub choice: Match,
    /// The open issues that wait for it.
    pub waiting: Vec<ThreadId>,
}

impl IssueCase {
    /// All about an issue of the backlog.
    fn of(judged: &RankedBacklog, thread: ThreadId) -> Option<Self> {
        let facts = judged.facts(thread)?.clone();
        let standing = judged.ranking.find(thread)?.clone();
        let known = judged.choice(thread).cloned();
        let choice = known.or_else(|| judged.choose_for(&standing))?;
        let role = IssueLabels::of(&facts.labels).role;
        let waiting = judged.waiting_for(thread).collect();
        Some(Self { facts, standing, role, choice, waiting })
    }
}

impl BacklogFacts {
    /// A backlog of which nothing may be named yet, and all about those issues of it that were
    /// `asked` about. `unread`: how many repositories were not read yet.
    pub fn new(
        judged: Arc<RankedBacklog>,
        unread: usize,
        mode: Autonomy,
        asked: impl IntoIterator<Item = ThreadId>,
    ) -> Self {
        // Whoever makes this may take a while, whoever answers from it may not.
        judged.choices();
        let (cases, titles) = (HashMap::new(), HashMap::new());
        let mut backlog = Self { judged, unread, mode, cases, titles };
        for thread in asked {
            backlog.ask(thread);
        }
        backlog
    }

    /// All about an issue, from now on; none if it is not in the backlog.
    pub fn ask(&mut self, thread: ThreadId) -> Option<&IssueCase> {
        let case = IssueCase::of(&self.judged, thread)?;
        Some(self.cases.entry(thread).insert_entry(case).into_mut())
    }

    pub(super) fn ranking(&self) -> &Ranking {
        &self.judged.ranking
    }

    pub(in crate::core::handlers) fn roster(&self) -> &Roster {
        &self.judged.setting.roster
    }

    /// Who would get what now, in the order of their worth: all that is handed out, and the best
    /// of what is not.
    pub(super) fn choices(&self) -> &[Match] {
        self.judged.choices()
    }

    /// What was decided about an issue.
    pub(super) fn choice(&self, thread: ThreadId) -> Option<&Match> {
        self.judged.choice(thread)
    }

    pub(super) fn is_named(&self, thread: ThreadId) -> bool {
        self.titles.contains_key(&thread)
    }
}
