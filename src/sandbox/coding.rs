//! Playing people who work on code, and looking at it.

use super::Sandbox;
use super::acting::issue_id;
use super::git::FileEdit;
use super::setup::repo_id;
use super::world::World;
use super::world::code_records::{ProtectionRecord, PushRule};
use super::world::merging::MergeRequest;
use super::world::pulls::NewPull;
use super::world::records::HowToMerge;
use super::world::refusal::Refusal;
use super::world::statuses::NewStatus;
use crate::core::model::ids::RepoId;

/// The rule of a branch, as an administrator sets it.
#[derive(Debug, Clone, Default)]
pub struct BranchRule {
    /// Who may push; everybody who may write without a list.
    pub pushers: Option<Vec<String>>,
    /// Who may merge; everybody who may write without a list.
    pub mergers: Option<Vec<String>>,
    /// Patterns of the checks that must pass.
    pub checks: Vec<String>,
    pub approvals: i64,
    pub blocks_on_rejection: bool,
    pub blocks_when_behind: bool,
    pub dismisses_stale: bool,
}

/// A merge, as the forge keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenMerge {
    /// Who merged it, by login.
    pub by: String,
    /// The commit that the pull request held then.
    pub head: String,
}

impl Sandbox {
    /// Where git clones a repository from; it asks for a login and a token.
    pub fn clone_url(&self, repo: &str) -> String {
        format!("{}/{repo}.git", self.url)
    }

    /// `user` writes files (a path and what it holds then) and pushes that as one commit to a
    /// branch, a new one from the default branch if it is not there. Returns the commit.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn commit(
        &self,
        user: &str,
        repo: &str,
        branch: &str,
        files: &[(&str, &str)],
        message: &str,
    ) -> Result<String, Refusal> {
        let write = |(path, content): &(&str, &str)| FileEdit::Write {
            path: (*path).to_owned(),
            content: content.as_bytes().to_vec(),
        };
        let edits: Vec<FileEdit> = files.iter().map(write).collect();
        self.on_code(user, repo, |world, user, repo| {
            world.commit_and_push(user, repo, (branch, message), &edits)
        })
    }

    /// The commit that a branch points to; none if there is no such branch.
    ///
    /// # Errors
    /// If there is no such repository.
    pub fn branch_head(&self, repo: &str, branch: &str) -> Result<Option<String>, Refusal> {
        self.forge.look(|world| {
            let code = world.code(repo_id(world, repo)?)?;
            Ok(code.branch(branch)?)
        })
    }

    /// What a file holds at a branch or commit; none if it is not there.
    ///
    /// # Errors
    /// If there is no such repository or branch.
    pub fn file(&self, repo: &str, at: &str, path: &str) -> Result<Option<String>, Refusal> {
        self.forge.look(|world| {
            let repo = repo_id(world, repo)?;
            let (code, commit) = (world.code(repo)?, world.commit_named(repo, Some(at))?);
            let Some(file) = code.item(&commit, path)? else { return Ok(None) };
            Ok(Some(String::from_utf8_lossy(&code.blob(&file.id)?).into_owned()))
        })
    }

    /// `user` makes a branch point to a commit, whatever it held before.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn force_branch(
        &self,
        user: &str,
        repo: &str,
        branch: &str,
        commit: &str,
    ) -> Result<(), Refusal> {
        self.on_code(user, repo, |world, user, repo| world.force_push(user, repo, (branch, commit)))
    }

    /// `user` deletes a branch.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn delete_branch(&self, user: &str, repo: &str, branch: &str) -> Result<(), Refusal> {
        self.on_code(user, repo, |world, user, repo| world.delete_branch(user, repo, branch))
    }

    /// Sets the rule of a branch, or of all that fit a pattern.
    ///
    /// # Errors
    /// If the repository, or somebody in the rule, is unknown.
    pub fn protect(&self, repo: &str, rule: &str, how: &BranchRule) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let repo = repo_id(world, repo)?;
            let named = |login: &String| world.user_named(login);
            let pushers = how.pushers.as_ref().map(|logins| logins.iter().map(named).collect());
            let pushers: Option<Vec<i64>> = pushers.transpose()?;
            let mergers = how.mergers.as_ref().map(|logins| logins.iter().map(named).collect());
            let mergers: Option<Vec<i64>> = mergers.transpose()?;
            let protection = ProtectionRecord {
                rule: rule.to_owned(),
                push: pushers.map_or(PushRule::Writers, PushRule::Only),
                mergers,
                checks: (!how.checks.is_empty()).then(|| how.checks.clone()),
                approvals: how.approvals,
                blocks_on_rejection: how.blocks_on_rejection,
                blocks_when_behind: how.blocks_when_behind,
                dismisses_stale: how.dismisses_stale,
                created: world.now,
                updated: world.now,
            };
            if let Some(repo) = world.repos.get_mut(&repo) {
                repo.protections.retain(|other| other.rule != rule);
                repo.protections.push(protection);
            }
            Ok(())
        })
    }

    /// `user` says of a commit (or a branch) how a check ended: `success`, `failure`, `pending`.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn set_status(
        &self,
        user: &str,
        repo: &str,
        commit: &str,
        (context, state): (&str, &str),
    ) -> Result<(), Refusal> {
        let new = NewStatus {
            state: state.to_owned(),
            context: context.to_owned(),
            description: String::new(),
            target: String::new(),
        };
        self.on_code(user, repo, |world, user, repo| {
            world.add_status(user, repo, commit, new).map(|_| ())
        })
    }

    /// A job of a workflow ran on a commit: it ended as `success` or `failure`, with this log. Its
    /// `context` is such as `ci.yml / test (push)`, and nobody is told who says so.
    ///
    /// # Errors
    /// If there is no such commit.
    pub fn end_workflow_job(
        &self,
        repo: &str,
        commit: &str,
        check: (&str, &str),
        log: &str,
    ) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let repo = repo_id(world, repo)?;
            world.end_workflow_job(repo, commit, check, log)
        })
    }

    /// The last word of each context on a commit: context, state and who said it, by context.
    ///
    /// # Errors
    /// If there is no such repository.
    pub fn statuses(&self, repo: &str, commit: &str) -> Result<Vec<[String; 3]>, Refusal> {
        self.forge.look(|world| {
            let latest = world.latest_statuses(repo_id(world, repo)?, commit).into_iter();
            let mut latest: Vec<[String; 3]> = latest
                .map(|one| {
                    let creator = world.users[&one.creator].login.clone();
                    [one.context.clone(), one.state.clone(), creator]
                })
                .collect();
            latest.sort();
            Ok(latest)
        })
    }

    /// `user` merges a pull request with a merge commit.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn merge(&self, user: &str, repo: &str, number: i64) -> Result<(), Refusal> {
        self.merge_now_or_later(user, repo, number, false)
    }

    /// `user` has the forge merge a pull request as soon as its rules allow that.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn schedule_merge(&self, user: &str, repo: &str, number: i64) -> Result<(), Refusal> {
        self.merge_now_or_later(user, repo, number, true)
    }

    /// `user` calls off what was scheduled.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn cancel_scheduled_merge(
        &self,
        user: &str,
        repo: &str,
        number: i64,
    ) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            world.cancel_merge(user, issue)
        })
    }

    fn merge_now_or_later(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        waits: bool,
    ) -> Result<(), Refusal> {
        let asked = MergeRequest {
            how: HowToMerge::Merge,
            head: None,
            title: None,
            message: String::new(),
            deletes_branch: false,
            waits,
            forces: false,
        };
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            world.merge_pull(user, issue, &asked).map(|_| ())
        })
    }

    /// `user` opens a pull request from a branch of their own fork, which is made if there is none,
    /// with a commit of one file. Returns its number.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn open_pull_of_fork(
        &self,
        user: &str,
        repo: &str,
        title: &str,
        (branch, maintainers_may_edit): (&str, bool),
    ) -> Result<i64, Refusal> {
        let (title, head, body) = (title.to_owned(), branch.to_owned(), String::new());
        let maintainers_may_edit = Some(maintainers_may_edit);
        self.forge.act(|world| {
            let (user, repo) = (world.user_named(user)?, repo_id(world, repo)?);
            let from = match world.fork_of(user, repo) {
                Some(fork) => fork,
                None => world.fork(user, repo, None)?,
            };
            world.ensure_branch(user, from, &head)?;
            let base = world.repo(repo).trunk.clone();
            let new = NewPull { title, body, from, head, base, maintainers_may_edit };
            let id = world.open_pull(user, repo, new)?;
            Ok(world.issue(id).number)
        })
    }

    /// `user` merges the base of a pull request into its branch.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn update_pull(&self, user: &str, repo: &str, number: i64) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            world.update_pull(user, issue, false).map(|_| ())
        })
    }

    /// `user` puts a pull request on top of its base: its commits keep their authors.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn rebase_pull(&self, user: &str, repo: &str, number: i64) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            world.update_pull(user, issue, true).map(|_| ())
        })
    }

    /// The commit by which a pull request was merged; none if it was not.
    ///
    /// # Errors
    /// If there is no such thread.
    pub fn merged_as(&self, repo: &str, number: i64) -> Result<Option<String>, Refusal> {
        self.forge.look(|world| {
            let pull = world.issue(issue_id(world, repo, number)?).pull.as_ref();
            Ok(pull.and_then(|pull| pull.merged.as_ref()).map(|merge| merge.commit.clone()))
        })
    }

    /// How a pull request was merged; none if it was not.
    ///
    /// # Errors
    /// If there is no such thread.
    pub fn merge_of(&self, repo: &str, number: i64) -> Result<Option<SeenMerge>, Refusal> {
        self.forge.look(|world| {
            let pull = world.issue(issue_id(world, repo, number)?).pull.as_ref();
            Ok(pull.and_then(|pull| {
                let by = world.users[&pull.merged.as_ref()?.by].login.clone();
                Some(SeenMerge { by, head: pull.head.sha.clone() })
            }))
        })
    }

    /// The branch that an open pull request asks to be merged; none if it is closed.
    ///
    /// # Errors
    /// If there is no such thread.
    pub fn open_branch(&self, repo: &str, number: i64) -> Result<Option<String>, Refusal> {
        self.forge.look(|world| {
            let thread = world.issue(issue_id(world, repo, number)?);
            let pull = thread.pull.as_ref().filter(|_| thread.is_open());
            Ok(pull.map(|pull| pull.head.name.clone()))
        })
    }

    /// `user` asks somebody for a review, or takes that back.
    ///
    /// # Errors
    /// If the forge refuses.
    pub fn ask_for_review(
        &self,
        user: &str,
        repo: &str,
        number: i64,
        (reviewer, asked): (&str, bool),
    ) -> Result<(), Refusal> {
        self.forge.act(|world| {
            let (user, issue) = (world.user_named(user)?, issue_id(world, repo, number)?);
            let reviewer = world.user_named(reviewer)?;
            world.ask_for_reviews(user, issue, (&[reviewer], asked)).map(|_| ())
        })
    }

    fn on_code<T>(
        &self,
        user: &str,
        repo: &str,
        deed: impl FnOnce(&mut World, i64, RepoId) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.forge.act(|world| {
            let (user, repo) = (world.user_named(user)?, repo_id(world, repo)?);
            deed(world, user, repo)
        })
    }
}
