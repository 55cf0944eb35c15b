//! What must not be pushed: secrets, in any commit, what the forge would run at once, and what nobody
//! can look through. All else that may be wrong with a change the guards find, once it is on the forge.

use super::trouble::LocalTrouble;
use crate::confinement::{CannotRun, Repository};
use crate::core::guards::diff::parse_diff;
use crate::core::guards::{BinaryLooks, GuardResult, SaidFacts, is_actions, secrets, secrets_said};
use crate::core::jobs::Commit;

/// The most commits of one attempt.
const MOST: usize = 500;

/// What is to be pushed.
pub(super) struct Outgoing<'a> {
    pub(super) repository: &'a Repository,
    pub(super) begin: &'a Commit,
    /// The head of the default branch, which is on the forge as well.
    pub(super) base: &'a Commit,
    pub(super) head: &'a Commit,
    pub(super) branch: String,
    /// What is said beside it, each with what it is called.
    pub(super) texts: Vec<(String, String)>,
}

impl Outgoing<'_> {
    /// The first line of the first commit that an agent named itself, if nothing speaks against
    /// pushing. `own`: what stands in the messages that are timmy's.
    pub(super) async fn look(&self, own: &str) -> Result<Option<String>, LocalTrouble> {
        let known = [self.begin, self.base];
        let commits = self.repository.commits((&known, self.head), MOST + 1).await?;
        if commits.len() > MOST {
            return Err(LocalTrouble::TooManyCommits(MOST));
        }
        self.look_for_workflows().await?;
        let messages = commits.iter().map(|one| (one.commit.clone(), one.message.clone()));
        let said = SaidFacts {
            branches: vec![self.branch.clone()],
            messages: messages.collect(),
            texts: self.texts.clone(),
            comments: Vec::new(),
        };
        judge(&self.read(self.repository.diff(self.begin, self.head)).await?, &said)?;
        // What a later commit took away again would be pushed as well.
        for commit in commits.iter().filter(|_| commits.len() > 1) {
            let diff = self.read(self.repository.diff_of(commit)).await?;
            judge(&diff, &SaidFacts::default())?;
        }
        let named = commits.iter().rev().find(|commit| !commit.message.contains(own));
        Ok(named.and_then(|commit| commit.message.lines().next().map(str::to_owned)))
    }

    /// What the forge runs, it runs as soon as it is pushed: no guard could speak against it. What
    /// the default branch has is there already, however it came into the change.
    async fn look_for_workflows(&self) -> Result<(), LocalTrouble> {
        let changed = self.read(self.repository.changes(self.begin, self.head)).await?;
        let mut changed = changed.into_iter().filter(|change| is_actions(&change.path)).peekable();
        if changed.peek().is_none() {
            return Ok(());
        }
        let apart = self.read(self.repository.changes(self.base, self.head)).await?;
        match changed.find(|change| apart.iter().any(|other| other.path == change.path)) {
            Some(change) => Err(LocalTrouble::Workflow(change.path)),
            None => Ok(()),
        }
    }

    async fn read<T>(
        &self,
        diff: impl Future<Output = Result<T, CannotRun>>,
    ) -> Result<T, LocalTrouble> {
        diff.await.map_err(|why| match why {
            CannotRun::Git { said, .. } => LocalTrouble::Unreadable(said),
            why => why.into(),
        })
    }
}

/// What is a secret in a title and a summary that are shown: they may be others than those beside which a
/// change was looked at.
pub(super) fn secret_said((title, summary): (&str, &str)) -> Option<String> {
    let texts = [("its title", title), ("its summary", summary)];
    let texts = texts.map(|(what, text)| (what.to_owned(), text.to_owned())).into();
    let GuardResult { findings, .. } = secrets_said(&SaidFacts { texts, ..SaidFacts::default() });
    findings.first().map(|found| found.said.plain())
}

fn judge(diff: &[u8], said: &SaidFacts) -> Result<(), LocalTrouble> {
    let diff = parse_diff(diff).map_err(|why| LocalTrouble::Unreadable(why.to_string()))?;
    let GuardResult { findings, .. } = secrets(&diff, &BinaryLooks::new(), said);
    match findings.first() {
        None => Ok(()),
        Some(found) => Err(LocalTrouble::Secret(found.said.plain())),
    }
}
