//! Runs of workflows, their jobs, and the logs of these.

use serde_json::{Value, json};

use super::answer::{ApiAnswer, Reply};
use super::call::{Call, number_of};
use crate::core::model::ids::RepoId;
use crate::sandbox::world::World;
use crate::sandbox::world::code_records::WorkflowJobRecord;
use crate::sandbox::world::refusal::Refusal;
use crate::sandbox::world::rights::{Mode, Unit};

/// `/repos/{owner}/{name}/actions` and below.
pub(super) fn route(world: &World, call: &Call, repo: RepoId, rest: &[&str]) -> Reply {
    if !world.version.tells_of_workflow_jobs() {
        return Err(Refusal::NoSuchCall);
    }
    call.require_user()?;
    match (call.method.as_str(), rest) {
        ("GET", ["secrets"]) => secrets(world, call, repo),
        ("GET", ["runs"]) => runs(world, call, repo),
        ("GET", ["runs", run, "jobs"]) => jobs(world, call, repo, number_of(run)?),
        ("GET", ["jobs", job, "logs"]) => log(world, call, repo, number_of(job)?),
        _ => Err(Refusal::NoSuchCall),
    }
}

/// `GET /actions/secrets`: what they are called, for owners.
fn secrets(world: &World, call: &Call, repo: RepoId) -> Reply {
    let found = world.repo(repo);
    if world.mode(call.user, found, Unit::Code) < Mode::Owner {
        return Err(Refusal::Forbidden("user should be the owner of the repo".to_owned()));
    }
    ApiAnswer::paged(call, found.secrets.iter().collect(), |name| json!({ "name": name }))
}

/// `GET /actions/runs`, the newest first.
fn runs(world: &World, call: &Call, repo: RepoId) -> Reply {
    let found = world.repo(repo);
    let is_owner = world.mode(call.user, found, Unit::Code) >= Mode::Owner;
    if !is_owner && !world.version.lists_runs_to_readers() {
        return Err(Refusal::Forbidden("user should be the owner of the repo".to_owned()));
    }
    let sha = call.param("head_sha");
    let of_commit = |job: &&WorkflowJobRecord| sha.is_none_or(|sha| sha == job.commit);
    let runs: Vec<_> = found.workflow_jobs.iter().rev().filter(of_commit).collect();
    let json = |job: &WorkflowJobRecord| {
        let place = Place { world, repo, job };
        json!({
            "id": job.id,
            "url": place.api("runs"),
            "html_url": place.page(&world.page_of_run(job)),
            "display_title": job.name,
            "path": "ci.yml@refs/heads/main",
            "event": "push",
            "run_attempt": 0,
            "run_number": job.number,
            "head_sha": job.commit,
            "status": "completed",
            "conclusion": job.conclusion,
        })
    };
    list(call, "workflow_runs", runs, json)
}

/// `GET /actions/runs/{run}/jobs`.
fn jobs(world: &World, call: &Call, repo: RepoId, run: i64) -> Reply {
    let jobs = world.repo(repo).workflow_jobs.iter().filter(|job| job.id == run).collect();
    let json = |job: &WorkflowJobRecord| {
        let place = Place { world, repo, job };
        json!({
            "id": job.id,
            "url": place.api("jobs"),
            "html_url": place.page(&world.page_of_job(job)),
            "run_id": job.id,
            "run_url": place.api("runs"),
            "name": job.name,
            "labels": ["ubuntu-latest"],
            "run_attempt": 1,
            "head_sha": job.commit,
            "status": "completed",
            "conclusion": job.conclusion,
        })
    };
    list(call, "jobs", jobs, json)
}

/// Where a job and its run are found.
struct Place<'a> {
    world: &'a World,
    repo: RepoId,
    job: &'a WorkflowJobRecord,
}

impl Place<'_> {
    fn api(&self, what: &str) -> String {
        let (base, name) = (&self.world.base, self.world.full_name(self.repo));
        format!("{base}/api/v1/repos/{name}/actions/{what}/{}", self.job.id)
    }

    fn page(&self, page: &str) -> String {
        format!("{}/{}{page}", self.world.base, self.world.full_name(self.repo))
    }
}

fn list(
    call: &Call,
    name: &str,
    jobs: Vec<&WorkflowJobRecord>,
    json: impl Fn(&WorkflowJobRecord) -> Value,
) -> Reply {
    let (total, page) = (jobs.len(), call.page());
    let shown: Vec<Value> = page.of(jobs).into_iter().map(json).collect();
    let answer = ApiAnswer::json(200, &json!({ name: shown, "total_count": total }));
    Ok(match call.version.lists_runs_to_readers() {
        true => answer.with_total(total),
        false => answer,
    })
}

/// `GET /actions/jobs/{job}/logs`, or the end of it.
fn log(world: &World, call: &Call, repo: RepoId, job: i64) -> Reply {
    let found = world.repo(repo).workflow_jobs.iter().find(|found| found.id == job);
    let missing =
        || Refusal::NotFound(Some(format!("run job with id {job}: resource does not exist")));
    let log = found.ok_or_else(missing)?.log.as_bytes();
    let Some(bytes) = call.range.strip_prefix("bytes=-").and_then(|bytes| bytes.parse().ok())
    else {
        return Ok(ApiAnswer::plain(log.to_vec()));
    };
    let from = log.len().saturating_sub(bytes);
    let answer = ApiAnswer { status: 206, ..ApiAnswer::plain(log[from..].to_vec()) };
    let range = format!("bytes {from}-{}/{}", log.len().saturating_sub(1), log.len());
    Ok(answer.with("Content-Range", range))
}
