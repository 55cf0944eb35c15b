//! `timmy jobs`, `timmy dead`: what a thread is told, on a terminal.

use timmy::core::jobs::{
    Draw, JobEvent, JobId, JobLimits, JobThread, NewJob, Origin, Purpose, RoutineRun, StepTime,
    ToldText,
};
use timmy::core::model::ids::ThreadId;
use timmy::core::model::repository::Repo;
use timmy::store::{jobs, repos};

use crate::tools::stage::Stage;

/// walt gave an issue of the hall to ezra, and nobody has it yet.
async fn stage() -> Stage {
    let stage = Stage::at_noon().await;
    let repo = stage.sandbox.add_repo("foundation/hall", false).unwrap();
    let hall = Repo { id: repo, name: "foundation/hall".parse().unwrap(), private: false };
    let new = NewJob {
        adopts: None,
        claims_by_card: false,
        crew: None,
        thread: ThreadId { repo, number: 7 }.into(),
        purpose: Purpose::Code,
        role: "coder".to_owned(),
        origin: Origin::Person("walt".to_owned()),
        agent: Some("ezra".to_owned()),
        limits: JobLimits::default(),
        budget: None,
    };
    let now = stage.now();
    let write = stage.ledger().write(move |tx| {
        repos::remember(tx, &hall)?;
        jobs::introduce(tx, "t-1")?;
        let job = jobs::create(tx, &new, now)?.expect("a job");
        let step = StepTime { at: now, chance: Draw(0) };
        let told = JobEvent::Told(ToldText::by("anna", "the left hinge"));
        jobs::advance(tx, job.spec.id, None, told, step)?.expect("a step");
        Ok(())
    });
    write.await.unwrap();
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_listed_and_one_is_told() {
    let stage = stage().await;
    let list = stage.run("jobs");
    assert_eq!(list.code, 0, "{list:?}");
    assert!(list.out.starts_with("1 job in work."), "{list:?}");
    assert!(list.out.contains("foundation/hall#7: Queued for `ezra` (j1"), "{list:?}");
    let one = stage.run("jobs j1");
    assert!(one.out.contains("asked by walt"), "{one:?}");
    assert!(one.out.contains("a person said something to its agent"), "{one:?}");
    let object: serde_json::Value = serde_json::from_str(&stage.run("jobs --json").out).unwrap();
    assert_eq!(object["job"], "j1");
    assert_eq!(object["thread"], "foundation/hall#7");
    assert_eq!(object["repository"], "foundation/hall");
    assert_eq!(object["state"], "queued");
    assert_eq!(object["branch"], "timmy/7-j1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_a_routine_has_no_thread_before_its_pull_request() {
    let stage = stage().await;
    let now = stage.now();
    let write = stage.ledger().write(move |tx| {
        let first = jobs::get(tx, JobId(1))?.expect("a job").job.spec;
        let run = RoutineRun {
            repo: first.repo(),
            routine: "oil".to_owned(),
            due: now,
            prompt: "Oil it.".to_owned(),
        };
        let new = NewJob {
            adopts: None,
            claims_by_card: false,
            crew: None,
            thread: JobThread::Routine(run),
            purpose: Purpose::Code,
            role: "coder".to_owned(),
            origin: Origin::Routine,
            agent: None,
            limits: JobLimits::default(),
            budget: None,
        };
        jobs::create(tx, &new, now)?.expect("a job");
        Ok(())
    });
    write.await.unwrap();
    let objects = stage.run("jobs --json").out;
    let object: serde_json::Value = serde_json::from_str(objects.lines().last().unwrap()).unwrap();
    assert_eq!(object["job"], "j2");
    assert_eq!(object["routine"], "oil");
    assert_eq!(object["thread"], serde_json::Value::Null);
    assert_eq!(object["repository"], "foundation/hall");
    assert!(stage.run("jobs").out.contains("routine oil"), "{objects}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said() {
    let stage = stage().await;
    let missing = stage.run("jobs j9");
    assert_eq!(missing.code, 1, "{missing:?}");
    assert!(missing.err.contains("there is no job j9"), "{missing:?}");
    let log = stage.run("jobs j1 --log");
    assert_eq!(log.code, 1, "{log:?}");
    assert!(log.err.contains("j1 was never started"), "{log:?}");
    assert_eq!(stage.run("jobs 9").code, 2);
    assert_eq!(stage.run("dead").out, "Nothing failed for good.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_tells_what_is_in_flight() {
    let stage = stage().await;
    stage.configure(|config| config.with("report.repository", "foundation/door"));
    let day = stage.run("report --print");
    assert_eq!(day.code, 0, "{day:?}");
    assert!(day.out.contains("In flight: 1"), "{day:?}");
    assert!(day.out.contains("foundation/hall#7: Queued for `ezra` (j1"), "{day:?}");
}
