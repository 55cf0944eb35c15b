//! Asking people for a review, and saying that a review does not count.

use super::events::Event;
use super::records::{ReviewRequestRecord, TimelineChange};
use super::refusal::Refusal;
use super::rights::{Mode, Unit};
use super::{IdKind, World};

impl World {
    /// Asks people for a review, or takes that back; the ids of the requests.
    pub(crate) fn ask_for_reviews(
        &mut self,
        doer: i64,
        issue: i64,
        (reviewers, asked): (&[i64], bool),
    ) -> Result<Vec<i64>, Refusal> {
        let thread = self.issue(issue);
        let repo = self.repo(thread.repo);
        self.require_unarchived(repo.id)?;
        let may = thread.author == doer
            || self.mode(Some(doer), repo, Unit::Pulls) >= Mode::Write
            || reviewers == [doer] && !asked;
        if !may {
            return Err(Refusal::Unprocessable(format!(
                "Doer can't choose reviewer [user_id: {doer}, repo_id: {}]",
                repo.id.0
            )));
        }
        if asked && reviewers.contains(&thread.author) {
            return Err(Refusal::Unprocessable(format!(
                "poster of pr can't be reviewer [user_id: {}, repo_id: {}]",
                thread.author, repo.id.0
            )));
        }
        let mut made = Vec::new();
        for reviewer in reviewers {
            made.extend(self.ask_for_review(doer, issue, (*reviewer, asked)));
        }
        Ok(made)
    }

    fn ask_for_review(
        &mut self,
        doer: i64,
        issue: i64,
        (reviewer, asked): (i64, bool),
    ) -> Option<i64> {
        let pull = self.issue(issue).pull.as_ref()?;
        let before = pull.asked.iter().find(|one| one.reviewer == reviewer).map(|one| one.id);
        if before.is_some() == asked {
            return None;
        }
        let (id, at) = (self.next_id(IdKind::Review), self.now);
        let pull = self.touch(issue).pull.as_mut()?;
        match asked {
            true => pull.asked.push(ReviewRequestRecord { id, reviewer, at }),
            false => pull.asked.retain(|one| one.reviewer != reviewer),
        }
        let review = if asked { id } else { 0 };
        let change = TimelineChange::ReviewRequest { reviewer, review, removed: !asked };
        self.note_in_timeline(doer, issue, change);
        self.emit(&Event::ReviewAsked { doer, issue, reviewer, asked });
        asked.then_some(id)
    }

    /// Says that a review does not count any more: administrators of the repository may. No webhook
    /// tells of it.
    pub(crate) fn dismiss_review(
        &mut self,
        doer: i64,
        issue: i64,
        (review, message): (i64, &str),
    ) -> Result<(), Refusal> {
        self.require_repo_admin(doer, self.repo(self.issue(issue).repo))?;
        let now = self.now;
        let pull = self.issue_mut(issue).pull.as_mut().ok_or(Refusal::HIDDEN)?;
        let given = pull.reviews.iter_mut().find(|one| one.id == review && one.given.is_some());
        given.ok_or(Refusal::HIDDEN)?.dismissed = Some(now);
        let change = TimelineChange::DismissReview { review, message: message.to_owned() };
        self.note_in_timeline(doer, issue, change);
        Ok(())
    }
}
