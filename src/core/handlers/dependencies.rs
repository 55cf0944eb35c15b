//! block and unblock: what waits for what.
//!
//! A target is known here only if everybody who reads this thread may know of it. That the actor
//! may read it would be of no help: the reply names it, and Gitea's own page lists it beside the
//! issue. And since it is public or in this very repository, the actor may read it.
//!
//! The other way round Gitea shows this thread to whoever reads the target: they have to be readers
//! of this thread as well. Where nothing would be written, nothing is refused.

use std::collections::HashSet;

use super::context::CommandContext;
use super::handler::Handler;
use super::snapshot::{CircleSearch, Needs, OtherThread};
use crate::core::command::value::IssueRef;
use crate::core::effect::Effect;
use crate::core::model::dependency::{Blocker, SetDependency, VisibleBlocker, thread_names};
use crate::core::reply::Answer;

pub(super) fn block(issue: &IssueRef) -> Handler<'_> {
    let circles = HashSet::from([issue.clone()]);
    Handler::new(Needs { circles, ..both(issue) }, |context| context.block(issue))
}

pub(super) fn unblock(issue: &IssueRef) -> Handler<'_> {
    Handler::new(both(issue), |context| context.unblock(issue))
}

/// Both ends: what this thread waits for, and the other thread.
fn both(issue: &IssueRef) -> Needs {
    Needs { blockers: true, targets: HashSet::from([issue.clone()]), ..Needs::default() }
}

impl CommandContext<'_> {
    fn block(&mut self, reference: &IssueRef) -> Answer {
        let Some(target) = self.snapshot.targets.get(reference) else {
            return Answer::NotFound { target: reference.to_string() };
        };
        if target.thread == self.asked.inbound.thread() {
            return Answer::Itself;
        }
        let Some(blockers) = &mut self.blockers else { return Answer::NoBonds };
        let already = blockers.seen.iter().any(|seen| seen.blocker.thread == target.thread);
        let mut looked_at = None;
        if !already {
            if !target.same_readers {
                return Answer::ReadersDiffer { target: target.name(), waits: false };
            }
            match self.snapshot.circles.get(&target.thread) {
                Some(CircleSearch::Found(way)) => return self.circle(way),
                Some(CircleSearch::Unfinished { met }) => looked_at = Some(*met),
                None => {}
            }
            blockers.seen.push(seen(target));
            self.push_effect(Effect::Dependency(SetDependency { on: target.thread, waits: true }));
        }
        let (title, open) = (target.item.title.clone(), target.item.open);
        Answer::Waits { target: target.name(), title, open, already, looked_at }
    }

    fn unblock(&mut self, reference: &IssueRef) -> Answer {
        let Some(target) = self.snapshot.targets.get(reference) else {
            return Answer::NotFound { target: reference.to_string() };
        };
        let Some(blockers) = &mut self.blockers else { return Answer::NoBonds };
        let waited = blockers.seen.iter().any(|seen| seen.blocker.thread == target.thread);
        if waited {
            if !target.same_readers {
                return Answer::ReadersDiffer { target: target.name(), waits: true };
            }
            blockers.seen.retain(|seen| seen.blocker.thread != target.thread);
            self.push_effect(Effect::Dependency(SetDependency { on: target.thread, waits: false }));
        }
        let title = target.item.title.clone();
        Answer::WaitsNoMore { target: target.name(), title, waited }
    }

    /// What would become a circle: `way` leads from the target back to this thread.
    fn circle(&self, way: &[VisibleBlocker]) -> Answer {
        let here = self.asked.inbound.repo.id;
        let round: Vec<VisibleBlocker> = way.last().into_iter().chain(way).cloned().collect();
        Answer::Circle { threads: thread_names(&round, here) }
    }
}

fn seen(target: &OtherThread) -> VisibleBlocker {
    let (thread, repo) = (target.thread, target.repo.clone());
    VisibleBlocker { blocker: Blocker { thread, repo, open: target.item.open }, nameable: true }
}
