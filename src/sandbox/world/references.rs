//! Threads that commits name.

use crate::core::model::ids::RepoId;

use super::World;
use super::records::TimelineChange;
use super::refusal::Refusal;
use crate::sandbox::git::RefMove;

impl World {
    /// The threads that new commits of the default branch name as `#2` show that in their
    /// timelines; all but this one.
    pub(super) fn note_references(
        &mut self,
        user: i64,
        (repo, moved): (RepoId, &RefMove),
        but: Option<i64>,
    ) -> Result<(), Refusal> {
        if moved.is_gone() || moved.is_new() || moved.branch != self.repo(repo).trunk {
            return Ok(());
        }
        let commits = self.code(repo)?.commits_between(&moved.before, &moved.after)?;
        for commit in commits.into_iter().rev() {
            let subject = commit.message.lines().next().unwrap_or_default();
            for number in named_threads(&commit.message) {
                let Ok(issue) = self.thread(repo, number) else { continue };
                if but == Some(issue) {
                    continue;
                }
                let (commit, subject) = (commit.id.clone(), subject.to_owned());
                let change = TimelineChange::Reference { commit, subject };
                self.note_in_timeline(user, issue, change);
            }
        }
        Ok(())
    }
}

/// The numbers in `#2`, each once.
fn named_threads(message: &str) -> Vec<i64> {
    let behind = message.split('#').skip(1);
    let numbers = behind.filter_map(|text| {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        text.get(..digits)?.parse().ok()
    });
    let mut all: Vec<i64> = Vec::new();
    for number in numbers {
        if !all.contains(&number) {
            all.push(number);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use crate::sandbox::world::references::*;

    #[test]
    fn threads_are_named_by_their_numbers() {
        let message = "Keep sessions (#2)\n\nFor #1, after #2. C# and #x are none.";
        assert_eq!(named_threads(message), [2, 1]);
        assert_eq!(named_threads(&format!("#{}", "9".repeat(30))), [0_i64; 0]);
    }
}
