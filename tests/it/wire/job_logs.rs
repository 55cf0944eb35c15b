//! How a job of Actions is found by what a status says of it, and how much of its log is read.

use serde_json::json;
use timmy::core::jobs::Commit;
use timmy::core::model::ids::RepoName;
use timmy::gitea::{Error, JobLog};

use crate::wire::forge::{Canned, Forge};

fn commit() -> Commit {
    "a".repeat(40).parse().unwrap()
}

/// The lists that lead to the job 7 of the run 5, which is the first of its repository.
fn lists() -> [Canned; 2] {
    let page = "https://git.example.org/lab/pub/actions/runs";
    let run = |id: i64, place: i64| json!({ "id": id, "html_url": format!("{page}/{place}") });
    let job =
        |id: i64, place: i64| json!({ "id": id, "html_url": format!("{page}/1/jobs/{place}") });
    let lists = [
        json!({ "workflow_runs": [run(6, 11), run(5, 1)], "total_count": 2 }),
        json!({ "jobs": [job(8, 10), job(7, 0)], "total_count": 2 }),
    ];
    lists.map(|list| Canned::new(200, list.to_string()).header("x-total-count", "2"))
}

async fn read(forge: &Forge, address: &str) -> Result<Option<JobLog>, Error> {
    let repo: RepoName = "lab/pub".parse().unwrap();
    forge.client().job_log(&repo, &commit(), address, 100).await
}

fn log(status: u16, text: &str) -> Canned {
    Canned::new(status, text).header("content-type", "text/plain; charset=utf-8")
}

#[tokio::test]
async fn a_job_is_looked_up_by_the_address_of_its_page() {
    let forge = Forge::answering(lists().into_iter().chain([log(200, "short\n")])).await;
    let found = read(&forge, "/lab/pub/actions/runs/1/jobs/0").await.unwrap();
    assert_eq!(found, Some(JobLog { text: b"short\n".to_vec(), is_cut: false }));
    let runs = format!("GET /repos/lab/pub/actions/runs?head_sha={}&page=1&limit=50", commit());
    let asked = forge.asked_what();
    assert_eq!(asked[0], runs);
    assert_eq!(asked[1], "GET /repos/lab/pub/actions/runs/5/jobs?page=1&limit=50");
    assert_eq!(asked[2], "GET /repos/lab/pub/actions/jobs/7/logs");
}

#[tokio::test]
async fn no_more_than_its_end_is_kept_though_all_of_it_comes() {
    let long: String = (0..100_000).map(|n| format!("line {n}\n")).collect();
    for (status, sent) in [(206, &long[long.len() - 100..]), (200, long.as_str())] {
        let forge = Forge::answering(lists().into_iter().chain([log(status, sent)])).await;
        let found = read(&forge, "/lab/pub/actions/runs/1/jobs/0").await.unwrap().unwrap();
        assert!(found.is_cut && found.text == long.as_bytes()[long.len() - 100..], "{status}");
    }
    let endless = log(200, &"x".repeat(33 << 20));
    let forge = Forge::answering(lists().into_iter().chain([endless])).await;
    let found = read(&forge, "/lab/pub/actions/runs/1/jobs/0").await;
    assert!(matches!(found, Err(Error::TooLarge { .. })), "{found:?}");
}

#[tokio::test]
async fn what_leads_elsewhere_is_no_job_of_the_repository() {
    for (address, requests) in [
        ("https://ci.example.org/12", 0),
        ("/lab/other/actions/runs/1/jobs/0", 0),
        ("/lab/pub/actions/runs/2/jobs/0", 1),
        ("/lab/pub/actions/runs/1/jobs/3", 2),
    ] {
        let forge = Forge::answering(lists()).await;
        assert_eq!(read(&forge, address).await, Ok(None), "{address}");
        assert_eq!(forge.asked().len(), requests, "{address}");
    }
}
