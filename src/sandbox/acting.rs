//! Acting as people do on the forge's pages. Each deed is done when its method returns; the
//! webhooks that it causes are on their way.

use super::Sandbox;
use super::setup::repo_id;
use super::world::World;
use super::world::issues::{IssuePatch, NewIssue};
use super::world::labels::{LabelChange, LabelRef};
use super::world::pulls::{NewPull, NewReview};
use super::world::records::ReviewState;
use super::world::refusal::Refusal;
use crate::core::model::ids::Subject;

impl Sandbox {
    /// `user` opens an issue. Returns its number.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn open_issue(
        &self,
        user: &str,
        repo: &str,
        title: &str,
        body: &str,
    ) -> Result<i64, Refusal> {
        self.forge.act(|world| {
            let (user, repo) = (world.user_named(user)?, repo_id(world, repo)?);
            let (title, body) = (title.to_owned(), body.to_owned());
            let id =
                world.open_issue(user, repo, NewIssue { title, body, ..NewIssue::default() })?;
            Ok(world.issue(id).number)
        })
    }

    /// `user` comments. Returns the id of the comment.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn comment(&self, user: &str, repo: &str, number: i64, body: &str) -> Result<i64, Refusal> {
        self.forge.act(|world| {
            let (user, repo) = (world.user_named(user)?, repo_id(world, repo)?);
            world.thread(repo, number)?;
            world.create_comment(user, repo, number, body)
        })
    }

    /// `user` imports a comment that somebody wrote elsewhere: no webhook tells of it. Returns its
    /// id.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn import_comment(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        body: &str,
    ) -> Result<i64, Refusal> {
        self.forge.act(|world| {
            let (user, repo) = (world.user_named(user)?, repo_id(world, repo)?);
            let due = world.outgoing.len();
            let id = world.create_comment(user, repo, number, body)?;
            world.outgoing.truncate(due);
            world.imported.insert(id);
            Ok(id)
        })
    }

    /// `user` wants nothing more of `whom`, or bears them again.
    ///
    /// # Errors
    /// If one of them has no account.
    pub fn block(&self, user: &str, whom: &str, blocked: bool) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let pair = (world.user_named(user)?, world.user_named(whom)?);
            match blocked {
                true => world.blocks.insert(pair),
                false => world.blocks.remove(&pair),
            };
            Ok(())
        })
    }

    /// `user` shows their profile to nobody (visibility `private`).
    ///
    /// # Errors
    /// If there is no such account.
    pub fn hide_profile(&self, user: &str) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let user = world.user_named(user)?;
            world.hidden_profiles.insert(user);
            Ok(())
        })
    }

    /// `user` changes a comment, their own or another's.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn edit_comment(&self, user: &str, id: i64, body: &str) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let user = world.user_named(user)?;
            world.edit_comment(user, id, body).map(|_| ())
        })
    }

    /// `user` deletes a comment.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn delete_comment(&self, user: &str, id: i64) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let user = world.user_named(user)?;
            world.delete_comment(user, id)
        })
    }

    /// `user` changes the title of an issue, or of a pull request: `WIP:` makes that a draft.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn retitle(&self, user: &str, repo: &str, number: i64, title: &str) -> Result<(), Refusal> {
        let patch = IssuePatch { title: Some(title.to_owned()), ..IssuePatch::default() };
        self.patch_issue(user, repo, number, patch)
    }

    /// `user` changes the text of an issue.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn edit_issue(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        body: &str,
    ) -> Result<(), Refusal> {
        let patch = IssuePatch { body: Some(body.to_owned()), ..IssuePatch::default() };
        self.patch_issue(user, repo, number, patch)
    }

    /// `user` closes an issue or opens it again.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn set_open(&self, user: &str, repo: &str, number: i64, open: bool) -> Result<(), Refusal> {
        let patch = IssuePatch { open: Some(open), ..IssuePatch::default() };
        self.patch_issue(user, repo, number, patch)
    }

    pub(super) fn patch_issue(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        patch: IssuePatch,
    ) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            world.edit_issue(user, issue, patch)
        })
    }

    /// `user` adds labels to an issue, by name; unknown ones are ignored.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn label(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        names: &[&str],
    ) -> Result<(), Refusal> {
        let names: Vec<_> = names.iter().map(|name| LabelRef::Name((*name).to_owned())).collect();
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            world.change_labels(user, issue, &names, LabelChange::Add)
        })
    }

    /// `user` sets who is assigned to an issue.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn assign(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        logins: &[&str],
    ) -> Result<(), Refusal> {
        let assignees = logins.iter().map(|login| (*login).to_owned()).collect();
        let patch = IssuePatch { assignees: Some(assignees), ..IssuePatch::default() };
        self.patch_issue(user, repo, number, patch)
    }

    /// `user` opens a pull request, assigned to somebody from the beginning: whoever may open one may
    /// do that. Returns its number.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn open_assigned_pull(
        &self,
        user: &str,
        repo: &str,
        (title, head): (&str, &str),
        assignee: &str,
    ) -> Result<i64, Refusal> {
        let number = self.open_pull(user, repo, title, "", head)?;
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            let assignee = world.user_named(assignee)?;
            world.assign(user, issue, assignee);
            Ok(number)
        })
    }

    /// `user` locks a thread or unlocks it.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn set_locked(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        locked: bool,
    ) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            world.set_locked(user, issue, locked)
        })
    }

    /// `user` reacts to something.
    ///
    /// # Errors
    /// If there is no such reaction.
    pub fn react(&self, user: &str, subject: Subject, content: &str) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let user = world.user_named(user)?;
            world.react(user, subject, content).map(|_| ())
        })
    }

    /// `user` takes a reaction back.
    ///
    /// # Errors
    /// If there is no such account.
    pub fn unreact(&self, user: &str, subject: Subject, content: &str) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let user = world.user_named(user)?;
            world.unreact(user, subject, content);
            Ok(())
        })
    }

    /// `user` opens a pull request from the branch `head` to the default one. Returns its number.
    /// If there is no such branch, it is made, with a commit of one file.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn open_pull(
        &self,
        user: &str,
        repo: &str,
        title: &str,
        body: &str,
        head: &str,
    ) -> Result<i64, Refusal> {
        self.open_pull_into(user, repo, (title, body), (None, head))
    }

    /// The same into the branch `base`, if one is named; else into the default one.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn open_pull_into(
        &self,
        user: &str,
        repo: &str,
        (title, body): (&str, &str),
        (base, head): (Option<&str>, &str),
    ) -> Result<i64, Refusal> {
        let (title, body, head) = (title.to_owned(), body.to_owned(), head.to_owned());
        self.forge.act(|world| {
            let (user, repo) = (world.user_named(user)?, repo_id(world, repo)?);
            world.ensure_branch(user, repo, &head)?;
            let base = base.map_or_else(|| world.repo(repo).trunk.clone(), str::to_owned);
            let maintainers_may_edit = None;
            let new = NewPull { title, body, from: repo, head, base, maintainers_may_edit };
            let id = world.open_pull(user, repo, new)?;
            Ok(world.issue(id).number)
        })
    }

    /// `user` reviews a pull request; `inline` are comments, each on a path.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn review(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        verdict: ReviewState,
        body: &str,
        inline: &[(&str, &str)],
    ) -> Result<i64, Refusal> {
        let new = NewReview { verdict, body: body.to_owned(), inline: on_lines(inline) };
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            world.review(user, issue, new)
        })
    }

    /// `user` begins a review, each remark on a path. Returns its id.
    ///
    /// # Errors
    /// If there is no such account, or no such pull request.
    pub fn begin_review(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        inline: &[(&str, &str)],
    ) -> Result<i64, Refusal> {
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            Ok(world.begin_review(user, issue, on_lines(inline)))
        })
    }

    /// The next review that somebody gives by the API fails once it is begun: a draft is left, as a Gitea
    /// leaves one that fails between both.
    pub fn leaves_a_draft(&self) {
        self.forge.act(|world| world.fails_to_submit = true);
    }

    /// How many reviews of a pull request were begun and not given.
    ///
    /// # Errors
    /// If there is no such pull request.
    pub fn drafts(&self, repo: &str, number: i64) -> Result<usize, Refusal> {
        self.forge.look(|world| {
            let pull = world.issue(issue_id(world, repo, number)?).pull.as_ref();
            let reviews = pull.iter().flat_map(|pull| &pull.reviews);
            Ok(reviews.filter(|review| review.given.is_none()).count())
        })
    }

    /// `user` submits the review that they began.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn submit_review(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        review: i64,
        body: &str,
    ) -> Result<(), Refusal> {
        self.decide_review(user, repo, number, (review, ReviewState::Comment), body)
    }

    /// The same, with a verdict. It is of the head at which it was begun.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn decide_review(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        (review, verdict): (i64, ReviewState),
        body: &str,
    ) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            world.submit_review(user, issue, review, verdict, body.to_owned())
        })
    }

    /// `user` dismisses a review.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn dismiss_review(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        review: i64,
    ) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            world.dismiss_review(user, issue, (review, "I look myself"))
        })
    }

    /// `user` replies to what a review says of a line. Returns the id of the comment.
    ///
    /// # Errors
    /// If the forge refuses, or the review says nothing of a line.
    pub fn reply_to_review(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        review: i64,
        body: &str,
    ) -> Result<i64, Refusal> {
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            world.reply_to_review(user, issue, review, body)
        })
    }
}

/// Comments on lines, with the positions that the forge keeps.
fn on_lines(inline: &[(&str, &str)]) -> Vec<(String, i64, String)> {
    inline.iter().map(|(path, text)| ((*path).into(), 1, (*text).into())).collect()
}

/// The global id of an issue.
pub(super) fn issue_id(world: &World, repo: &str, number: i64) -> Result<i64, Refusal> {
    world.thread(repo_id(world, repo)?, number)
}
