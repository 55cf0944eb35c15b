//! A repository in memory, as the tools of an agent see it: one commit of files, and what is written
//! to it.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::Mutex;

use timmy::agents::{JobRepository, RepositoryCall};
use timmy::core::jobs::Commit;
use timmy::core::model::ids::RepoName;
use timmy::gitea::{
    EntryKind, Error, FileChange, ForgeBranch, ForgeCommit, NewCommit, NewPullRequest, Tree,
    TreeEntry,
};

pub const BASE: &str = "8b195ee08b195ee08b195ee08b195ee08b195ee0";

#[derive(Default)]
pub struct MemoryRepository {
    pub entries: Vec<TreeEntry>,
    pub contents: BTreeMap<String, Vec<u8>>,
    pub state: Mutex<MemoryState>,
}

#[derive(Default)]
pub struct MemoryState {
    /// How many files were read.
    pub reads: usize,
    pub branches: BTreeMap<String, Commit>,
    pub messages: BTreeMap<Commit, String>,
    pub changes: Vec<FileChange>,
    pub pulls: Vec<NewPullRequest>,
    /// What the next writes answer, whether they were done or not.
    pub failures: Vec<(Error, bool)>,
}

impl MemoryRepository {
    pub fn of(files: &[(&str, &str)]) -> Self {
        let mut memory = Self::default();
        for (path, content) in files {
            memory = memory.and(path, EntryKind::File, content.as_bytes());
        }
        memory
    }

    pub fn and(mut self, path: &str, kind: EntryKind, content: &[u8]) -> Self {
        let (size, sha) = (content.len() as u64, format!("sha of {path}"));
        self.entries.push(TreeEntry { path: path.to_owned(), kind, size, sha });
        self.contents.insert(path.to_owned(), content.to_owned());
        self
    }

    /// What branches there are, and the messages of their heads.
    pub fn heads(&self) -> Vec<(String, String)> {
        let state = self.state.lock().unwrap();
        let message = |head| state.messages.get(head).cloned().unwrap_or_default();
        state.branches.iter().map(|(name, head)| (name.clone(), message(head))).collect()
    }

    /// The next write fails with `error`, whether it was done or not.
    pub fn fails(&self, error: Error, is_done: bool) {
        self.state.lock().unwrap().failures.push((error, is_done));
    }

    fn write(&self, new: &NewCommit) -> Result<Commit, Error> {
        let mut state = self.state.lock().unwrap();
        let failure = state.failures.pop();
        if let Some((error, false)) = failure {
            return Err(error);
        }
        let commit: Commit = format!("{:040x}", state.messages.len() + 1).parse().unwrap();
        state.messages.insert(commit.clone(), new.message.clone());
        let branch = new.new_branch.as_ref().unwrap_or(&new.branch).clone();
        state.branches.insert(branch, commit.clone());
        state.changes.clone_from(&new.changes);
        failure.map_or(Ok(commit), |(error, _)| Err(error))
    }
}

impl JobRepository for MemoryRepository {
    fn tree<'a>(&'a self, _: &'a RepoName, at: &'a Commit) -> RepositoryCall<'a, Option<Tree>> {
        let tree = Tree { entries: self.entries.clone(), is_truncated: false };
        Box::pin(ready(Ok((at.to_string() == BASE).then_some(tree))))
    }

    fn file<'a>(
        &'a self,
        _: &'a RepoName,
        path: &'a str,
        _: &'a Commit,
        most: usize,
    ) -> RepositoryCall<'a, Option<Vec<u8>>> {
        self.state.lock().unwrap().reads += 1;
        let content = self.contents.get(path).cloned();
        let is_larger = content.as_ref().is_some_and(|content| content.len() > most);
        let error = Error::TooLarge { limit: most, unit: "bytes" };
        Box::pin(ready(if is_larger { Err(error) } else { Ok(content) }))
    }

    fn branch<'a>(
        &'a self,
        _: &'a RepoName,
        name: &'a str,
    ) -> RepositoryCall<'a, Option<ForgeBranch>> {
        let head = self.state.lock().unwrap().branches.get(name).cloned();
        let branch = head.map(|head| ForgeBranch {
            name: name.to_owned(),
            head,
            is_protected: false,
            status_contexts: Vec::new(),
            may_push: true,
            may_merge: false,
        });
        Box::pin(ready(Ok(branch)))
    }

    fn commit<'a>(
        &'a self,
        _: &'a RepoName,
        commit: &'a Commit,
    ) -> RepositoryCall<'a, Option<ForgeCommit>> {
        let message = self.state.lock().unwrap().messages.get(commit).cloned();
        let commit = message.map(|message| ForgeCommit {
            commit: commit.clone(),
            parents: Vec::new(),
            message,
            claimed_author: None,
            claimed_committer: None,
            claimed_at: None,
        });
        Box::pin(ready(Ok(commit)))
    }

    fn make_commit<'a>(
        &'a self,
        _: &'a RepoName,
        new: &'a NewCommit,
    ) -> RepositoryCall<'a, Commit> {
        Box::pin(ready(self.write(new)))
    }

    fn open_pull_of<'a>(
        &'a self,
        _: &'a RepoName,
        _: &'a str,
        head: &'a str,
    ) -> RepositoryCall<'a, Option<i64>> {
        let state = self.state.lock().unwrap();
        let known = state.pulls.iter().position(|pull| pull.head == head);
        Box::pin(ready(Ok(known.map(|nth| nth as i64 + 12))))
    }

    fn open_pull<'a>(
        &'a self,
        _: &'a RepoName,
        new: &'a NewPullRequest,
    ) -> RepositoryCall<'a, i64> {
        let mut state = self.state.lock().unwrap();
        let failure = state.failures.pop();
        if let Some((error, false)) = failure {
            return Box::pin(ready(Err(error)));
        }
        state.pulls.push(new.clone());
        let number = state.pulls.len() as i64 + 11;
        Box::pin(ready(failure.map_or(Ok(number), |(error, _)| Err(error))))
    }
}
