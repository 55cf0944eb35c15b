//! How the log of a job of Actions ends.
//!
//! A status leads to a job by the address of its page. What stands in that differs: the numbers of
//! run and job, or their places (until 1.25). The lists of runs and jobs name the same address, so
//! it is looked up there. Until 1.23 there are no logs, and in 1.25 only whoever owns the repository
//! may list its runs.

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::ForgeAnswer;
use super::client::Gitea;
use super::error::Error;
use super::pages::{self, ListShape, Pages};
use super::route::Route;
use super::wire::{MissingField, or_default, positive};
use crate::core::jobs::Commit;
use crate::core::model::ids::RepoName;

/// A run or a job, and the address of its page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WirePage {
    #[serde(deserialize_with = "or_default")]
    id: i64,
    #[serde(deserialize_with = "or_default")]
    html_url: String,
}

struct ActionsPage {
    id: i64,
    address: String,
}

impl TryFrom<WirePage> for ActionsPage {
    type Error = MissingField;

    fn try_from(page: WirePage) -> Result<Self, MissingField> {
        Ok(Self { id: positive(page.id, "id")?, address: page.html_url })
    }
}

/// The places of a run and a job in the address of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct JobPlace<'a> {
    /// All that stands before: whose repository it is.
    repo: &'a str,
    run: u64,
    job: u64,
}

impl<'a> JobPlace<'a> {
    fn read(address: &'a str) -> Option<Self> {
        let (repo, rest) = address.split_once("/actions/runs/")?;
        let (run, job) = rest.split_once("/jobs/")?;
        Some(Self { repo, run: run.parse().ok()?, job: job.parse().ok()? })
    }
}

/// Whether this is the address of the page of a job of this repository.
pub(super) fn is_job_of(address: &str, repo: &RepoName) -> bool {
    JobPlace::read(address).is_some_and(|place| is_of(&place, repo))
}

/// A log, from its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobLog {
    pub text: Vec<u8>,
    /// Whether something stands before it.
    pub is_cut: bool,
}

impl Gitea {
    /// The last bytes, at most so many, of the log of the job whose page is `address`, as a status
    /// of `commit` names it; none if that is no job of `repo`. Needs the scope `read:repository`.
    ///
    /// # Errors
    /// Also where this server keeps no logs, or shows them to others only.
    pub async fn job_log(
        &self,
        repo: &RepoName,
        commit: &Commit,
        address: &str,
        most: usize,
    ) -> Result<Option<JobLog>, Error> {
        let place = JobPlace::read(address).filter(|place| is_of(place, repo));
        let Some(place) = place else { return Ok(None) };
        let Some(job) = self.job_at(repo, commit, place).await? else { return Ok(None) };
        let route = Route::new(
            "repos/{owner}/{repo}/actions/jobs/{job_id}/logs",
            &[&repo.owner(), &repo.name(), &job],
        );
        let answer = self.get(&route.ending(most)).await?;
        let is_cut = answer.status == StatusCode::PARTIAL_CONTENT || answer.body.len() >= most;
        Ok(Some(JobLog { text: answer.body, is_cut }))
    }

    /// The number of a job.
    async fn job_at(
        &self,
        repo: &RepoName,
        commit: &Commit,
        place: JobPlace<'_>,
    ) -> Result<Option<i64>, Error> {
        let route = Route::new("repos/{owner}/{repo}/actions/runs", &[&repo.owner(), &repo.name()]);
        let shape = ListShape { list: runs, entry: pages::entry::<WirePage, ActionsPage> };
        let runs = Pages::new(self, route.with("head_sha", commit), shape).all().await?.entries;
        let page = format!("/actions/runs/{}", place.run);
        let Some(run) = runs.into_iter().find(|run| run.address.ends_with(&page)) else {
            return Ok(None);
        };
        let route = Route::new(
            "repos/{owner}/{repo}/actions/runs/{run}/jobs",
            &[&repo.owner(), &repo.name(), &run.id],
        );
        let shape = ListShape { list: jobs, entry: pages::entry::<WirePage, ActionsPage> };
        let jobs = Pages::new(self, route, shape).all().await?.entries;
        let page = format!("{page}/jobs/{}", place.job);
        Ok(jobs.into_iter().find(|job| job.address.ends_with(&page)).map(|job| job.id))
    }
}

/// Whether a job is one of this repository, by the address of its page.
fn is_of(place: &JobPlace<'_>, repo: &RepoName) -> bool {
    let name = format!("/{repo}").to_ascii_lowercase();
    place.repo.to_ascii_lowercase().ends_with(&name)
}

fn runs(answer: &ForgeAnswer) -> Result<Vec<Box<RawValue>>, Error> {
    #[derive(Deserialize)]
    struct Runs {
        workflow_runs: Option<Vec<Box<RawValue>>>,
    }
    Ok(answer.json::<Runs>()?.workflow_runs.unwrap_or_default())
}

fn jobs(answer: &ForgeAnswer) -> Result<Vec<Box<RawValue>>, Error> {
    #[derive(Deserialize)]
    struct Jobs {
        jobs: Option<Vec<Box<RawValue>>>,
    }
    Ok(answer.json::<Jobs>()?.jobs.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use crate::gitea::job_logs::*;

    #[test]
    fn a_job_is_known_by_the_address_of_its_page() {
        let repo: RepoName = "foundation/door".parse().unwrap();
        for (address, is_ours) in [
            ("/foundation/door/actions/runs/1/jobs/2", true),
            ("/git/Foundation/Door/actions/runs/1/jobs/0", true),
            ("https://forge.example/foundation/door/actions/runs/1/jobs/2", true),
            ("/foundation/infra/actions/runs/1/jobs/2", false),
            ("/myfoundation/door/actions/runs/1/jobs/2", false),
            ("/foundation/door/actions/runs/1/jobs/2/../3", false),
            ("/foundation/door/actions/runs/1", false),
            ("https://ci.example/12", false),
            ("", false),
        ] {
            assert_eq!(is_job_of(address, &repo), is_ours, "{address}");
        }
    }
}
