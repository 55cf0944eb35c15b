//! What must not be pushed: secrets, in any commit, and what nobody can look through. All else that
//! may be wrong with a change the guards find, once it is on the forge.

use super::trouble::LocalTrouble;
use crate::confinement::{CannotRun, Repository};
use crate::core::guards::diff::parse_diff;
use crate::core::guards::{BinaryLooks, GuardResult, SaidFacts, secrets};
use crate::core::jobs::Commit;

/// The most commits of one attempt.
const MOST: usize = 500;

/// What is to be pushed.
pub(super) struct Outgoing<'a> {
    pub(super) repository: &'a Repository,
    pub(super) begin: &'a Commit,
    pub(super) head: &'a Commit,
    pub(super) branch: String,
    /// What is said beside it, each with what it is called.
    pub(super) texts: Vec<(String, String)>,
}

impl Outgoing<'_> {
    /// The first line of the first commit that an agent named itself, if nothing speaks against
    /// pushing. `own`: what stands in the messages that are timmy's.
    pub(super) async fn look(&self, own: &str) -> Result<Option<String>, LocalTrouble> {
        let between = (self.begin, self.head);
        let commits = self.repository.commits(between, MOST + 1).await?;
        if commits.len() > MOST {
            return Err(LocalTrouble::TooManyCommits(MOST));
        }
        let messages = commits.iter().map(|one| (one.commit.clone(), one.message.clone()));
        let said = SaidFacts {
            branches: vec![self.branch.clone()],
            messages: messages.collect(),
            texts: self.texts.clone(),
        };
        judge(&self.read(self.repository.diff(self.begin, self.head)).await?, &said)?;
        // What a later commit took away again would be pushed as well. A merge brings what is known.
        for commit in commits.iter().filter(|commit| commit.parents == 1 && commits.len() > 1) {
            let diff = self.read(self.repository.diff_of(commit)).await?;
            judge(&diff, &SaidFacts::default())?;
        }
        let named = commits.iter().rev().find(|commit| !commit.message.contains(own));
        Ok(named.and_then(|commit| commit.message.lines().next().map(str::to_owned)))
    }

    async fn read(
        &self,
        diff: impl Future<Output = Result<Vec<u8>, CannotRun>>,
    ) -> Result<Vec<u8>, LocalTrouble> {
        diff.await.map_err(|why| match why {
            CannotRun::Git { said, .. } => LocalTrouble::Unreadable(said),
            why => why.into(),
        })
    }
}

fn judge(diff: &[u8], said: &SaidFacts) -> Result<(), LocalTrouble> {
    let diff = parse_diff(diff).map_err(|why| LocalTrouble::Unreadable(why.to_string()))?;
    let GuardResult { findings, .. } = secrets(&diff, &BinaryLooks::new(), said);
    match findings.first() {
        None => Ok(()),
        Some(found) => Err(LocalTrouble::Secret(found.said.plain())),
    }
}
