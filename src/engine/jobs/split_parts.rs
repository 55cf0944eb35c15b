//! What splitting an epic adds to the work of its job: what an attempt is told of the proposal before it,
//! and what comes of the one that it makes.

use super::drivers::{JobEvidence, JobOrder, JobResult, Proposed};
use super::forge::LiveForge;
use crate::core::effect::is_for_parts;
use crate::core::jobs::evidence::{Finding, read_result};
use crate::core::jobs::{AgentClaim, CancelReason, Purpose, Verdict};
use crate::core::model::issue::Issue;
use crate::core::model::repository::Repo;
use crate::core::prompt::PromptSplit;
use crate::core::split::{
    ChecklistItem, DraftIssue, Home, KnownIssue, KnownIssues, SplitFault, SplitProposal, checklist,
    propose, read_drafts,
};
use crate::gitea::{self, Gitea};
use crate::store::jobs::StoredAttempt;
use crate::store::{self, splits};

/// Among how many of the newest issues of a repository each proposed one is looked for.
const MOST_ISSUES: usize = 2000;

/// How many labels its parts get of an epic.
const MOST_LABELS: usize = 20;

/// How many older ones, which the epic or the proposal names, are read one by one.
const MOST_NAMED: usize = 50;

impl LiveForge {
    /// What an attempt that splits is told of the proposal before it; none if it does not split.
    ///
    /// # Errors
    /// If the ledger cannot be read.
    pub(super) async fn split_to_make(
        &self,
        order: &JobOrder,
    ) -> Result<Option<PromptSplit>, store::Error> {
        if order.job.spec.purpose != Purpose::Split {
            return Ok(None);
        }
        let id = order.job.spec.id;
        let before = self.ctx.ledger.read(move |conn| splits::proposal(conn, id)).await?;
        let told = |before: SplitProposal| serde_json::to_string_pretty(&before);
        Ok(Some(PromptSplit { before: before.and_then(|before| told(before).ok()) }))
    }

    /// What comes of a proposal that was made; `is_edited` tells whether the issue says something else
    /// by now.
    ///
    /// # Errors
    /// If the forge cannot be asked now: then nothing is known.
    pub(super) async fn look_at_split(
        &self,
        result: &JobResult,
        attempt: &StoredAttempt,
        (epic, is_edited): (Option<Issue>, bool),
    ) -> Result<JobEvidence, gitea::Error> {
        let job = &result.job;
        let Some(epic) = epic else {
            return Ok(JobEvidence::over(job, CancelReason::IssueGone));
        };
        let said = attempt.said.as_deref().unwrap_or_default();
        let proposal = match read_drafts(said) {
            Ok(drafts) => {
                let drafts: Vec<DraftIssue> =
                    drafts.into_iter().map(|draft| self.without_secrets(draft)).collect();
                let boxes = self.boxes_of(&epic, &result.repo);
                let known = (&epic, boxes, named(&drafts));
                let known = known_issues(&self.ctx.gitea, &result.repo, known).await?;
                propose(&drafts, &known)
            }
            Err(fault) => Err(fault),
        };
        let is_blocked = read_result(said).claim == AgentClaim::Blocked;
        let (verdict, mut findings, proposal) = match proposal {
            Ok(proposal) => (Verdict::Pass { ask: true }, Vec::new(), Some(proposal)),
            Err(SplitFault::NoProposal) if is_blocked => {
                (Verdict::Stuck, vec![Finding::Blocked], None)
            }
            Err(fault) => {
                let why = fault.to_string();
                (Verdict::Block, vec![Finding::ProposalUnfit { why }], None)
            }
        };
        findings.extend(is_edited.then_some(Finding::IssueEdited));
        let epic = Box::new(epic);
        let proposed =
            proposal.map(|proposal| Proposed::Split { proposal: Box::new(proposal), epic });
        Ok(JobEvidence::of_proposal(job, "split", (verdict, findings), proposed))
    }

    /// The check boxes of an epic.
    fn boxes_of(&self, epic: &Issue, repo: &Repo) -> Vec<ChecklistItem> {
        let name = repo.name.to_string();
        let issues = self.ctx.policy.jobs.forge.join(&format!("{name}/issues/"));
        let issues = issues.map_or_else(|_| String::new(), String::from);
        checklist(&epic.body, Home { name: &name, issues: &issues })
    }

    fn without_secrets(&self, draft: DraftIssue) -> DraftIssue {
        let redactor = &self.ctx.policy.jobs.redactor;
        let (title, acceptance) =
            (redactor.redact(&draft.title), redactor.redact(&draft.acceptance));
        DraftIssue { title, acceptance, ..draft }
    }
}

/// The issues that drafts name by number.
fn named(drafts: &[DraftIssue]) -> Vec<i64> {
    drafts.iter().flat_map(DraftIssue::names).collect()
}

/// The issues that are there. `named`: those that have to be among them, where there are more than are
/// read.
async fn known_issues(
    gitea: &Gitea,
    repo: &Repo,
    (epic, boxes, named): (&Issue, Vec<ChecklistItem>, Vec<i64>),
) -> Result<KnownIssues, gitea::Error> {
    let mut issues = vec![known(epic)];
    let mut pages = gitea.all_issues(&repo.name);
    let mut only = None;
    while let Some(page) = pages.next().await? {
        for issue in page.entries {
            if !issues.iter().any(|other| other.number == issue.number) {
                issues.push(known(&issue));
            }
        }
        if issues.len() > MOST_ISSUES {
            only = Some(MOST_ISSUES);
            break;
        }
    }
    if only.is_some() {
        let of_boxes = boxes.iter().flat_map(|one| one.issues.iter().copied());
        let older =
            of_boxes.chain(named).filter(|number| !issues.iter().any(|i| i.number == *number));
        let older: Vec<i64> = older.take(MOST_NAMED).collect();
        for number in older {
            match gitea.issue(&repo.name, number).await {
                Ok(issue) if !issue.is_pull => issues.push(known(&issue)),
                Ok(_) | Err(gitea::Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(KnownIssues { epic: epic.number, issues, boxes, only, labels: labels_of_parts(epic) })
}

/// The labels of an epic that its parts get as well, by name.
fn labels_of_parts(epic: &Issue) -> Vec<String> {
    let names = epic.labels.iter().map(|label| label.name.clone());
    let mut names: Vec<String> = names.filter(|name| is_for_parts(name)).collect();
    names.sort_unstable();
    names.dedup();
    names.truncate(MOST_LABELS);
    names
}

fn known(issue: &Issue) -> KnownIssue {
    KnownIssue { number: issue.number, title: issue.title.clone(), open: issue.open }
}
