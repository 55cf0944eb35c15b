//! The code of repositories: branches, and commits made through the API.

use std::collections::BTreeSet;

use crate::core::model::ids::RepoId;

use super::World;
use super::people::address_of;
use super::records::{RepoRecord, UserKind};
use super::refusal::Refusal;
use super::rights::{Mode, Unit};
use crate::sandbox::git::{BareRepo, CommitOrder, FileEdit, NO_COMMIT, RefMove, Signer, TreeItem};

/// A change of files, to be one commit.
pub(crate) struct ChangeOfFiles {
    /// What it stands on; the default branch if nobody says.
    pub(crate) branch: Option<String>,
    /// The branch that it begins, if it does not go on with the former one.
    pub(crate) new_branch: Option<String>,
    pub(crate) message: String,
    pub(crate) files: Vec<FileOperation>,
}

/// What is done to one file. Whoever changes what is there names what they saw of it.
pub(crate) struct FileOperation {
    pub(crate) path: String,
    pub(crate) kind: FileOperationKind,
}

pub(crate) enum FileOperationKind {
    Create { content: Vec<u8> },
    Update { content: Vec<u8>, seen: Option<String> },
    Delete { seen: Option<String> },
}

/// A change that was made.
pub(crate) struct ChangedFiles {
    pub(crate) branch: String,
    pub(crate) commit: String,
}

impl World {
    /// The repository on disk. It is made, with a first commit, when it is first looked at.
    pub(crate) fn code(&self, id: RepoId) -> Result<BareRepo, Refusal> {
        let repo = self.repo(id);
        let (code, is_new) = self.git.open(id.0, &repo.trunk)?;
        if is_new && repo.fork_of.is_none() && !repo.began_empty {
            let signer = Signer { at: repo.created, ..self.signer(self.founder(repo.owner)) };
            let content = format!("# {}\n\n", repo.name).into_bytes();
            code.commit(&CommitOrder {
                branch: &repo.trunk,
                parent: None,
                signer: &signer,
                message: "Initial commit\n",
                edits: &[FileEdit::Write { path: "README.md".to_owned(), content }],
            })?;
        }
        Ok(code)
    }

    /// Whether nobody has pushed anything there yet.
    pub(crate) fn is_empty(&self, repo: &RepoRecord) -> bool {
        let has_trunk = || Ok::<_, Refusal>(self.code(repo.id)?.branch(&repo.trunk)?.is_some());
        repo.began_empty && !has_trunk().unwrap_or(false)
    }

    /// Who makes the first commit: the owner, or one who owns the organisation.
    fn founder(&self, owner: i64) -> i64 {
        match self.users[&owner].kind {
            UserKind::Organisation => {
                let mut owners = self.teams.values().filter(|team| self.is_of_owners(team, owner));
                owners.find_map(|team| team.members.first().copied()).unwrap_or(owner)
            }
            UserKind::Person | UserKind::SiteAdmin => owner,
        }
    }

    /// How git names somebody, now.
    pub(crate) fn signer(&self, user: i64) -> Signer {
        let name = self.users[&user].login.clone();
        Signer { email: address_of(&name), name, at: self.now }
    }

    /// Whose account the address in a commit is.
    pub(crate) fn account_behind(&self, email: &str) -> Option<i64> {
        self.people().find(|id| address_of(&self.users[id].login) == email.to_ascii_lowercase())
    }

    /// The commit that a name stands for, or the head of the default branch without one.
    pub(crate) fn commit_named(&self, repo: RepoId, name: Option<&str>) -> Result<String, Refusal> {
        let name = name.unwrap_or(&self.repo(repo).trunk);
        self.code(repo)?.commit_named(name)?.ok_or_else(|| {
            let text = format!("object does not exist [id: {name}, rel_path: ]");
            Refusal::NotFound(Some(text))
        })
    }

    /// The head of a branch.
    pub(crate) fn head_of(&self, repo: RepoId, branch: &str) -> Result<String, Refusal> {
        let head = self.code(repo)?.branch(branch)?;
        head.ok_or_else(|| self.no_branch(branch))
    }

    fn no_branch(&self, branch: &str) -> Refusal {
        Refusal::NotFound(
            self.version
                .names_missing_branches()
                .then(|| format!("branch does not exist [name: {branch}]")),
        )
    }

    /// Changes files in one commit, and tells of it as of a push.
    pub(crate) fn change_files(
        &mut self,
        user: i64,
        repo: RepoId,
        change: &ChangeOfFiles,
    ) -> Result<ChangedFiles, Refusal> {
        self.require_may_push(user, repo)?;
        let from = change.branch.as_ref().unwrap_or(&self.repo(repo).trunk);
        let to = change.new_branch.as_ref().unwrap_or(from).clone();
        let code = self.code(repo)?;
        let head = code.branch(from)?.ok_or_else(|| {
            let text = format!("branch does not exist [repo_id: {} name: {from}]", repo.0);
            Refusal::NotFound(Some(text))
        })?;
        let edits = self.edits(&code, &head, &change.files)?;
        if to != *from {
            self.require_new_branch(&code, &to, Refusal::Unprocessable)?;
        } else if !self.may_push_to(user, repo, &to) {
            let login = &self.users[&user].login;
            return Err(Refusal::Forbidden(format!("user cannot commit to repo [user: {login}]")));
        }
        let message = format!("{}\n", change.message.trim());
        let commit = code.commit(&CommitOrder {
            branch: &to,
            parent: Some(&head),
            signer: &self.signer(user),
            message: &message,
            edits: &edits,
        })?;
        let before = if to == *from { head } else { NO_COMMIT.to_owned() };
        let moved = RefMove { branch: to.clone(), before, after: commit.clone() };
        self.pushed(user, repo, &[moved])?;
        Ok(ChangedFiles { branch: to, commit })
    }

    /// Pushes a commit that is there to a branch, whatever that held.
    pub(crate) fn force_push(
        &mut self,
        user: i64,
        repo: RepoId,
        (branch, commit): (&str, &str),
    ) -> Result<(), Refusal> {
        self.require_may_push(user, repo)?;
        let code = self.code(repo)?;
        let before = code.branch(branch)?.unwrap_or_else(|| NO_COMMIT.to_owned());
        let moved = RefMove { branch: branch.to_owned(), before, after: commit.to_owned() };
        code.move_branch(&moved)?;
        self.pushed(user, repo, &[moved])
    }

    /// Commits what somebody made on their own machine, and pushes it.
    pub(crate) fn commit_and_push(
        &mut self,
        user: i64,
        repo: RepoId,
        (branch, message): (&str, &str),
        edits: &[FileEdit],
    ) -> Result<String, Refusal> {
        self.require_may_push(user, repo)?;
        if !self.may_push_to(user, repo, branch) {
            let text = format!("Not allowed to push to protected branch {branch}");
            return Err(Refusal::Forbidden(text));
        }
        let code = self.code(repo)?;
        let head = code.branch(branch)?;
        let trunk = code.branch(&self.repo(repo).trunk)?;
        let parent = head.clone().or(trunk);
        let commit = code.commit(&CommitOrder {
            branch,
            parent: parent.as_deref(),
            signer: &self.signer(user),
            message: &format!("{}\n", message.trim_end()),
            edits,
        })?;
        let before = head.unwrap_or_else(|| NO_COMMIT.to_owned());
        let moved = RefMove { branch: branch.to_owned(), before, after: commit.clone() };
        self.pushed(user, repo, &[moved])?;
        Ok(commit)
    }

    fn edits(
        &self,
        code: &BareRepo,
        head: &str,
        files: &[FileOperation],
    ) -> Result<Vec<FileEdit>, Refusal> {
        let mut paths = BTreeSet::new();
        let mut edits = Vec::new();
        for FileOperation { path, kind } in files {
            if !can_be_a_path(path) || !paths.insert(path) {
                let text = format!("path contains a malformed path component [path: {path}]");
                return Err(Refusal::Unprocessable(text));
            }
            let found = code.item(head, path)?;
            if found.is_none() && matches!(kind, FileOperationKind::Delete { .. }) {
                return Err(self.version.deletion_of_no_file(path));
            }
            edits.push(edit(path, kind, found)?);
        }
        Ok(edits)
    }

    /// Refuses the name of a branch that is there, or that git does not take.
    fn require_new_branch(
        &self,
        code: &BareRepo,
        name: &str,
        refuse: fn(String) -> Refusal,
    ) -> Result<(), Refusal> {
        if !code.can_be_named(name)? {
            return Err(Refusal::Unprocessable(format!("{name} is no name for a branch")));
        }
        match code.branch(name)? {
            Some(_) => Err(refuse(format!("branch already exists [name: {name}]"))),
            None => Ok(()),
        }
    }

    /// Makes a branch that points to the commit that a name stands for.
    pub(crate) fn create_branch(
        &mut self,
        user: i64,
        repo: RepoId,
        name: &str,
        from: Option<&str>,
    ) -> Result<(), Refusal> {
        self.require_may_push(user, repo)?;
        let code = self.code(repo)?;
        let commit = self
            .commit_named(repo, from)
            .map_err(|_| Refusal::NotThere("The old branch does not exist"))?;
        let exists = |_| Refusal::Conflict("The branch already exists.".to_owned());
        self.require_new_branch(&code, name, exists)?;
        let (branch, before) = (name.to_owned(), NO_COMMIT.to_owned());
        let moved = RefMove { branch, before, after: commit };
        code.move_branch(&moved)?;
        self.pushed(user, repo, &[moved])
    }

    /// Deletes a branch.
    pub(crate) fn delete_branch(
        &mut self,
        user: i64,
        repo: RepoId,
        name: &str,
    ) -> Result<(), Refusal> {
        self.require_may_push(user, repo)?;
        let Some(head) = self.code(repo)?.branch(name)? else {
            return self.version.deletion_of_no_branch();
        };
        if *name == self.repo(repo).trunk {
            return Err(Refusal::Forbidden("can not delete default branch".to_owned()));
        }
        if self.protection_of(repo, name).is_some() {
            return Err(Refusal::Forbidden("branch protected".to_owned()));
        }
        let (branch, after) = (name.to_owned(), NO_COMMIT.to_owned());
        let moved = RefMove { branch, before: head, after };
        self.code(repo)?.move_branch(&moved)?;
        self.pushed(user, repo, &[moved])
    }

    /// Gives a branch another name; the default one only for administrators.
    pub(crate) fn rename_branch(
        &mut self,
        user: i64,
        repo: RepoId,
        (from, to): (&str, &str),
    ) -> Result<(), Refusal> {
        self.require_may_push(user, repo)?;
        let code = self.code(repo)?;
        let head = code.branch(from)?.ok_or(Refusal::NotThere("Branch doesn't exist."))?;
        let is_trunk = self.repo(repo).trunk == *from;
        let guarded = is_trunk || self.protection_of(repo, from).is_some();
        if guarded && self.mode(Some(user), self.repo(repo), Unit::Code) < Mode::Admin {
            return Err(Refusal::Forbidden(
                "User must be a repo or site admin to rename default or protected branches.".into(),
            ));
        }
        self.require_new_branch(&code, to, |_| {
            let text = "Cannot rename a branch using the same name or rename to a branch that \
                        already exists.";
            Refusal::Unprocessable(text.to_owned())
        })?;
        code.rename_branch(from, to)?;
        if is_trunk {
            code.set_trunk(to)?;
        }
        if let Some(record) = self.repos.get_mut(&repo) {
            if is_trunk {
                to.clone_into(&mut record.trunk);
            }
            let rules = record.protections.iter_mut().filter(|protection| protection.rule == from);
            rules.for_each(|protection| to.clone_into(&mut protection.rule));
        }
        self.renamed_in_pulls(repo, (from, to));
        self.tell_of_branch(user, repo, from, None);
        self.tell_of_branch(user, repo, to, Some(&head));
        Ok(())
    }

    /// Refuses who may not write the code of a repository, or when nobody may.
    pub(crate) fn require_may_push(&self, user: i64, repo: RepoId) -> Result<(), Refusal> {
        self.require_unarchived(repo)?;
        match self.mode(Some(user), self.repo(repo), Unit::Code) >= Mode::Write {
            true => Ok(()),
            false => Err(Refusal::Forbidden(
                "user should have a permission to write to the target branch".to_owned(),
            )),
        }
    }
}

/// What git is to do, unless the file is not as it must be for that.
fn edit(
    path: &str,
    kind: &FileOperationKind,
    found: Option<TreeItem>,
) -> Result<FileEdit, Refusal> {
    let path = path.to_owned();
    match kind {
        FileOperationKind::Create { content } => match found {
            Some(_) => {
                let text = format!("repository file already exists [path: {path}]");
                Err(Refusal::Unprocessable(text))
            }
            None => Ok(FileEdit::Write { path, content: content.clone() }),
        },
        FileOperationKind::Update { content, seen } => {
            require_seen(&path, seen.as_deref(), found)?;
            Ok(FileEdit::Write { path, content: content.clone() })
        }
        FileOperationKind::Delete { seen } => {
            require_seen(&path, seen.as_deref(), found)?;
            Ok(FileEdit::Delete { path })
        }
    }
}

/// Refuses whoever saw another content than there is.
fn require_seen(path: &str, seen: Option<&str>, found: Option<TreeItem>) -> Result<(), Refusal> {
    let Some(found) = found else {
        let text = format!("repository file does not exist [path: {path}]");
        return Err(Refusal::NotFound(Some(text)));
    };
    match seen.filter(|seen| !seen.is_empty()) {
        None => Err(Refusal::Unprocessable(
            "a SHA or commit ID must be provided when updating a file".to_owned(),
        )),
        Some(seen) if seen != found.id => Err(Refusal::Unprocessable(format!(
            "sha does not match [given: {seen}, expected: {}]",
            found.id
        ))),
        Some(_) => Ok(()),
    }
}

/// Whether a file can lie there.
fn can_be_a_path(path: &str) -> bool {
    let odd = |part: &str| matches!(part, "" | "." | "..") || part.eq_ignore_ascii_case(".git");
    !path.contains('\0') && !path.split('/').any(odd)
}
