//! Reads what the guards judge a change by.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::readable::readable;
use super::target::{TargetFacts, Targets};
use crate::core::command::value::Size;
use crate::core::guards::diff::{DiffContent, DiffFile, LARGEST_DIFF, parse_diff};
use crate::core::guards::{
    AuthorFacts, BaseFacts, BinaryLooks, CannotBeRead, ChangeFacts, ChangeSize, CheckFacts,
    ClaimFacts, CommitVerdict, FindingCode, GuardFacts, GuardFinding, GuardName, GuardResult,
    GuardRules, LARGEST_BINARY, LatePush, MOST_BINARIES, Merges, OWN_CONTEXTS, OtherPull,
    SaidFacts, Sentence, change_actions, examine, look_into, rests_on_actions,
};
use crate::core::jobs::{ChangeDigest, Commit};
use crate::core::model::commit_status::CommitStatus;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::gitea::{Error, ForgeCommit, Gitea, PullRequest};
use crate::store::agent_heads::ActionsChange;

/// How long a forge may look whether a change conflicts: it says no as long as it looks.
const CONFLICT_SETTLES: Duration = Duration::from_secs(2 * 60);

/// How many branches are named that change what Actions run.
const MOST_BESIDE: usize = 20;

/// What is examined, and what the forge was not asked for it.
pub(in crate::engine) struct ChangeQuery<'a> {
    pub(in crate::engine) repo: &'a Repo,
    /// The pull request, as it was when `commit` was its head.
    pub(in crate::engine) pull: &'a PullRequest,
    pub(in crate::engine) commit: &'a Commit,
    /// Who pushed that, by login.
    pub(in crate::engine) pusher: Option<String>,
    pub(in crate::engine) size: Option<Size>,
    /// What the agent said that it did.
    pub(in crate::engine) summary: &'a str,
    /// The points of the issue that say when it is done.
    pub(in crate::engine) asked: Vec<String>,
    /// The logins of agents.
    pub(in crate::engine) agents: Vec<String>,
    pub(in crate::engine) others: Vec<OtherPull>,
    pub(in crate::engine) late: Vec<LatePush>,
    /// The other branches of agents that change what Actions run there.
    pub(in crate::engine) workflows_changed: Vec<ActionsChange>,
    /// How long it is judged already.
    pub(in crate::engine) waited: Duration,
    pub(in crate::engine) rules: &'a GuardRules,
}

/// What the guards said, and what they went by as far as that may change by itself.
pub(in crate::engine) struct Examined {
    pub(in crate::engine) verdict: CommitVerdict,
    /// What was changed, if all of it could be read.
    pub(in crate::engine) digest: Option<ChangeDigest>,
    /// None if the diff cannot be read.
    pub(in crate::engine) size: Option<ChangeSize>,
    /// Whether it changes what Actions run, if that can be told.
    pub(in crate::engine) changes_actions: Option<bool>,
    statuses: HeadStatuses,
}

/// By what one sees that something new was said of a commit: how much was, and the newest of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct HeadStatuses {
    count: usize,
    newest: i64,
}

impl HeadStatuses {
    fn of(statuses: &[CommitStatus]) -> Self {
        let checks = || statuses.iter().filter(|said| !said.context.starts_with(OWN_CONTEXTS));
        let newest = checks().map(|said| said.id).max();
        Self { count: checks().count(), newest: newest.unwrap_or_default() }
    }
}

impl Examined {
    /// What was said of the commit, if its checks are all that is waited for: until something new
    /// is said, it is judged as it was.
    pub(in crate::engine) fn waits_for_checks(&self) -> Option<HeadStatuses> {
        let waits = self.verdict.results.iter().filter(|result| result.lifted.is_none());
        let waits = waits.filter(|result| !result.waits_for.is_empty());
        waits
            .map(|result| &result.guard)
            .all(|guard| *guard == GuardName::Checks)
            .then_some(self.statuses)
    }
}

/// What was said of a commit by now; none if that cannot be read.
pub(in crate::engine) async fn statuses_of(
    gitea: &Gitea,
    repo: &Repo,
    commit: &Commit,
) -> Result<Option<HeadStatuses>, Error> {
    let statuses = readable(gitea.statuses(&repo.name, commit).await)?;
    Ok(statuses.ok().map(|statuses| HeadStatuses::of(&statuses)))
}

/// What the guards say of a change; none if its head or its target moved while it was read, or the
/// forge has not seen yet what was pushed: then it is looked for anew.
///
/// # Errors
/// If the forge cannot be asked now.
pub(in crate::engine) async fn examine_change(
    gitea: &Gitea,
    targets: &Targets,
    query: ChangeQuery<'_>,
    now: Timestamp,
) -> Result<Option<Examined>, Error> {
    let (repo, pull) = (query.repo, query.pull);
    let Some(target) = targets.of(gitea, repo, pull, now).await? else { return Ok(None) };
    let Some(read) = read(gitea, &query).await? else { return Ok(None) };
    let behind = behind(gitea, &query, &target).await?;
    let looks = look_into_binaries(gitea, &query, &read).await?;
    Ok(Some(judge(&read, query, &target, (behind, looks))))
}

/// What was read of a change.
struct ChangeRead {
    /// Its commits, the newest first.
    commits: Result<Vec<ForgeCommit>, CannotBeRead>,
    diff: Result<Vec<u8>, CannotBeRead>,
    /// All that was ever said of its head.
    statuses: Result<Vec<CommitStatus>, CannotBeRead>,
}

/// What the forge takes for the head of a pull request follows its branch after a while, and the
/// diff is of that. So it is looked at before, and the branch after.
async fn read(gitea: &Gitea, query: &ChangeQuery<'_>) -> Result<Option<ChangeRead>, Error> {
    let (repo, pull) = (&query.repo.name, query.pull);
    let commits = readable(gitea.pull_commits(repo, pull.number).await)?;
    let newest = commits.as_deref().map(|commits| commits.first().map(|newest| &newest.commit));
    if newest.is_ok_and(|newest| newest != Some(query.commit)) {
        return Ok(None);
    }
    let diff = readable(gitea.pull_diff(repo, pull.number, LARGEST_DIFF).await)?;
    let branch = gitea.branch(repo, &pull.head_branch).await?;
    if branch.is_none_or(|branch| branch.head != *query.commit) {
        return Ok(None);
    }
    let statuses = readable(gitea.statuses(repo, query.commit).await)?;
    Ok(Some(ChangeRead { commits, diff, statuses }))
}

/// Looks into the files that the diff does not show, within a bound. What cannot be looked into is
/// not among what is known of them.
async fn look_into_binaries(
    gitea: &Gitea,
    query: &ChangeQuery<'_>,
    read: &ChangeRead,
) -> Result<BinaryLooks, Error> {
    let mut looks = BinaryLooks::new();
    let diff = read.diff.as_deref().ok().and_then(|text| parse_diff(text).ok()).unwrap_or_default();
    let binaries = diff.files.iter().filter(|file| !file.is_gone());
    let binaries = binaries.filter(|file| file.content == DiffContent::Binary);
    for path in binaries.map(DiffFile::path).take(MOST_BINARIES) {
        let file = gitea.file(&query.repo.name, path, query.commit, LARGEST_BINARY).await;
        if let Ok(Some(bytes)) = readable(file)? {
            looks.insert(path.to_owned(), look_into(path, &bytes));
        }
    }
    Ok(looks)
}

fn judge(
    read: &ChangeRead,
    query: ChangeQuery<'_>,
    target: &TargetFacts,
    (behind, looks): (Option<u32>, BinaryLooks),
) -> Examined {
    let pull = query.pull;
    let seen = read.statuses.as_deref().unwrap_or_default();
    // What its commits say is as much a part of it as what they change.
    let diff = match (&read.diff, &read.commits) {
        (Ok(text), Ok(_)) => parse_diff(text),
        (Err(why), _) | (_, Err(why)) => Err(why.clone()),
    };
    let size = diff.as_ref().ok().map(ChangeSize::of);
    let changes = diff.as_ref().ok().map(|diff| change_actions(diff.changed_paths()));
    let facts = ChangeFacts {
        checks: CheckFacts {
            statuses: read.statuses.clone(),
            required: target.required.clone(),
            on_target: target.said.clone(),
            waited: query.waited,
            workflows_changed: changes == Some(true),
        },
        diff,
        size: query.size,
        said: said(read, &query),
        looks,
        claims: ClaimFacts {
            said: format!("{}\n{}", query.summary, pull.body),
            asked: query.asked,
        },
        author: AuthorFacts { pusher: query.pusher, forged_by: forged_by(seen, &query.agents) },
        others: Ok(query.others),
        base: BaseFacts { merges: Ok(merges(pull, target, query.waited)), behind },
        late: query.late,
    };
    let facts = GuardFacts::Change(Box::new(facts));
    let mut verdict = examine(query.commit.clone(), &facts, query.rules);
    if !query.workflows_changed.is_empty() && rests_on_actions(seen, query.rules) {
        let found = actions_changed_beside(&query.workflows_changed);
        verdict.results.push(GuardResult::new(GuardName::Checks, Sentence::of("", &[]), found));
    }
    let digest = |diff: &Vec<u8>| ChangeDigest(Sha256::digest(diff).into());
    let digest = read.diff.as_ref().ok().map(digest);
    let statuses = HeadStatuses::of(seen);
    Examined { verdict, digest, size, changes_actions: changes, statuses }
}

/// A person decides: whether what Actions say is true, only the files that they run tell. One finding for
/// each of the branches, so that who lets one pass was not asked about another; of too many how many more
/// there are.
pub(in crate::engine) fn actions_changed_beside(all: &[ActionsChange]) -> Vec<GuardFinding> {
    let code = FindingCode::ActionsChangedBeside;
    let found = |said: Sentence| GuardFinding::new(GuardName::Checks, code, said);
    let proves_nothing = "what Actions run here: that they are green proves nothing.";
    let named = all.iter().take(MOST_BESIDE).map(|ActionsChange { branch, agent }| {
        let whose = if agent.is_some() { "of {}" } else { "of an agent" };
        let form = format!("{{}} {whose} changes {proves_nothing}");
        let foreign: Vec<&str> = [branch.as_str()].into_iter().chain(agent.as_deref()).collect();
        found(Sentence::of(&form, &foreign))
    });
    let more = match all.len().saturating_sub(MOST_BESIDE) {
        0 => None,
        1 => Some(format!("1 more branch changes {proves_nothing}")),
        more => Some(format!("{more} more branches change {proves_nothing}")),
    };
    named.chain(more.map(|form| found(Sentence::of(&form, &[])))).collect()
}

fn said(read: &ChangeRead, query: &ChangeQuery<'_>) -> SaidFacts {
    let pull = query.pull;
    let texts = [
        ("its summary", query.summary),
        ("the title of its pull request", &pull.title),
        ("the description of its pull request", &pull.body),
    ];
    let commits = read.commits.iter().flatten();
    SaidFacts {
        branches: vec![pull.head_branch.clone()],
        messages: commits.map(|one| (one.commit.clone(), one.message.clone())).collect(),
        texts: texts.map(|(name, text)| (name.to_owned(), text.to_owned())).into(),
        comments: Vec::new(),
    }
}

/// The agents that said something in timmy's own name.
fn forged_by(statuses: &[CommitStatus], agents: &[String]) -> Vec<String> {
    let own = statuses.iter().filter(|said| said.context.starts_with(OWN_CONTEXTS));
    let by = own.filter_map(|said| said.by.as_ref());
    let mut forged: Vec<String> = by
        .filter(|by| agents.iter().any(|agent| by.is(agent)))
        .map(|by| by.login.clone())
        .collect();
    forged.sort_unstable();
    forged.dedup();
    forged
}

/// Whether it holds all that its target holds: then it cannot conflict with it.
fn is_up_to_date(pull: &PullRequest, target: &TargetFacts) -> bool {
    pull.merge_base.as_ref() == Some(&target.head)
}

/// How many commits of the target it does not hold.
async fn behind(
    gitea: &Gitea,
    query: &ChangeQuery<'_>,
    target: &TargetFacts,
) -> Result<Option<u32>, Error> {
    let pull = query.pull;
    if is_up_to_date(pull, target) {
        return Ok(Some(0));
    }
    let missing = gitea.compare(&query.repo.name, &pull.head_branch, &pull.base_branch).await;
    let missing = readable(missing)?.unwrap_or_default();
    Ok(missing.and_then(|missing| u32::try_from(missing.ahead).ok()))
}

fn merges(pull: &PullRequest, target: &TargetFacts, waited: Duration) -> Merges {
    // Of a draft the forge never says that it can be merged.
    if pull.is_mergeable || pull.is_draft || is_up_to_date(pull, target) {
        Merges::Cleanly
    } else if waited < CONFLICT_SETTLES {
        Merges::NotKnownYet
    } else {
        Merges::Conflicts
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::guards::change::*;

    fn said(all: &[ActionsChange]) -> Vec<String> {
        actions_changed_beside(all).iter().map(|finding| finding.said.plain()).collect()
    }

    #[test]
    fn each_branch_that_changes_what_actions_run_is_a_finding() {
        let change = |branch: &str, agent: Option<&str>| ActionsChange {
            branch: branch.to_owned(),
            agent: agent.map(str::to_owned),
        };
        assert!(said(&[]).is_empty());
        let proves_nothing = "what Actions run here: that they are green proves nothing.";
        assert_eq!(
            said(&[change("aside", None), change("steer", Some("bezalel"))]),
            [
                format!("`aside` of an agent changes {proves_nothing}"),
                format!("`steer` of `bezalel` changes {proves_nothing}"),
            ]
        );
        for (beyond, says) in [(1, "1 more branch changes"), (2, "2 more branches change")] {
            let all: Vec<_> =
                (0..MOST_BESIDE + beyond).map(|nth| change(&format!("b{nth}"), None)).collect();
            let said = said(&all);
            assert_eq!(said.len(), MOST_BESIDE + 1);
            assert_eq!(said[MOST_BESIDE], format!("{says} {proves_nothing}"));
        }
    }
}
