//! Jobs of workflows, as runners bring them: what they say of a commit, and their logs.

use crate::core::model::ids::RepoId;

use super::code_records::WorkflowJobRecord;
use super::refusal::Refusal;
use super::statuses::NewStatus;
use super::{IdKind, World};

/// The job that a context is of: `ci.yml / test (push)`.
fn job_of(context: &str) -> &str {
    let job = context.split_once(" / ").map_or(context, |(_, job)| job);
    job.rsplit_once(" (").map_or(job, |(job, _)| job)
}

impl World {
    /// A job ended on a commit.
    pub(crate) fn end_workflow_job(
        &mut self,
        repo: RepoId,
        commit: &str,
        (context, conclusion): (&str, &str),
        log: &str,
    ) -> Result<(), Refusal> {
        let id = self.next_id(IdKind::WorkflowJob);
        let runs = self.repo(repo).workflow_jobs.len();
        let number = i64::try_from(runs).unwrap_or(i64::MAX).saturating_add(1);
        let job = WorkflowJobRecord {
            id,
            number,
            commit: commit.to_owned(),
            name: job_of(context).to_owned(),
            conclusion: conclusion.to_owned(),
            log: log.to_owned(),
        };
        let target = format!("/{}{}", self.full_name(repo), self.page_of_job(&job));
        let word = if conclusion == "success" { "Successful in" } else { "Failing after" };
        let new = NewStatus {
            state: conclusion.to_owned(),
            context: context.to_owned(),
            description: format!("{word} 12s"),
            target,
        };
        let actions = self.add_workflows();
        if let Some(repo) = self.repos.get_mut(&repo) {
            repo.workflow_jobs.push(job);
        }
        self.keep_status(actions, repo, commit, new).map(drop)
    }

    /// The page of a job, below that of its repository.
    pub(crate) fn page_of_job(&self, job: &WorkflowJobRecord) -> String {
        let page = self.page_of_run(job);
        match self.version.lists_runs_to_readers() {
            true => format!("{page}/jobs/{}", job.id),
            false => format!("{page}/jobs/0"),
        }
    }

    /// The page of the run of a job, below that of its repository.
    pub(crate) fn page_of_run(&self, job: &WorkflowJobRecord) -> String {
        match self.version.lists_runs_to_readers() {
            true => format!("/actions/runs/{}", job.id),
            false => format!("/actions/runs/{}", job.number),
        }
    }
}
