//! Whether a change's tests fail without its code, on real checkouts.

use timmy::core::fail_to_pass::{FailToPass, HeadRun, Untold};
use timmy::core::jobs::Commit;
use timmy::guard_runs::{FailToPassProof, GuardRunner, TestedCommit, TestsRun, prove};

use super::stage::{Project, Stage, staged};
use crate::support::process::PATIENCE;

type Files<'a> = &'a [(&'a str, Option<&'a str>)];

/// Runs every test of the project; as compilers do, it says so when one names what is not there.
const RUNNER: &str = "for t in tests/test_*.sh; do sh -e $t || { echo FAILED $t; exit 1; }; done";

const BASE: Files<'static> = &[
    ("door.sh", Some("open() { echo closed; }\n")),
    ("tests/test_begin.sh", Some(". ./door.sh\n")),
];

async fn proof(stage: &Stage, base: Files<'_>, head: Files<'_>, script: &str) -> FailToPassProof {
    proof_by(stage, base, head, &["sh", "-c", script]).await
}

async fn proof_by(
    stage: &Stage,
    base: Files<'_>,
    head: Files<'_>,
    words: &[&str],
) -> FailToPassProof {
    let project = Project::begun().await;
    let (base, head) = (project.commit(base).await, project.commit(head).await);
    proof_in(stage, &project, (base, head), words).await
}

async fn proof_in(
    stage: &Stage,
    project: &Project,
    (base, head): (Commit, Commit),
    words: &[&str],
) -> FailToPassProof {
    let runner =
        GuardRunner { confinement: stage.confinement.clone(), place: stage.place().to_owned() };
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    let tests = TestsRun { words, prepare: None, time: PATIENCE };
    let repository = project.repository();
    let changes = repository.changes(&base, &head).await.unwrap();
    let tested =
        TestedCommit { repository: &repository, base: &base, commit: &head, changes: &changes };
    let proof = prove(&runner, tested, &tests).await.unwrap();
    stage.assert_empty();
    proof
}

const MENDED: (&str, Option<&str>) = ("door.sh", Some("open() { echo open; }\n"));
const CATCHES: (&str, Option<&str>) =
    ("tests/test_open.sh", Some(". ./door.sh\ntest \"$(open)\" = open\n"));

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_fails_without_the_code_and_passes_with_it_proves_it() {
    let stage = staged!();
    let proof = proof(&stage, BASE, &[MENDED, CATCHES], RUNNER).await;
    assert_eq!(proof.proved, FailToPass::Proved);
    let end = proof.settled_by.unwrap().end().unwrap().text();
    assert_eq!(end, "FAILED tests/test_open.sh\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_passes_without_the_code_proves_nothing() {
    let stage = staged!();
    let lazy = ("tests/test_open.sh", Some("test 1 = 1\n"));
    let lazy = proof(&stage, BASE, &[MENDED, lazy], RUNNER).await;
    assert_eq!(lazy.proved, FailToPass::ProvesNothing);
    // Unless it may be that it did not even run.
    let listed = [MENDED, ("tests/test_open.sh", Some("true\n")), ("Makefile", Some("all:\n"))];
    let listed = proof(&stage, BASE, &listed, RUNNER).await;
    assert_eq!(listed.proved, FailToPass::CouldNotTell(Untold::MayNotHaveRun));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_fails_with_the_code_is_told_with_its_words() {
    let stage = staged!();
    let proof = proof(&stage, BASE, &[("door.sh", Some("open() { false; }\n")), CATCHES], RUNNER);
    let proof = proof.await;
    assert_eq!(proof.proved, FailToPass::NotPassed(HeadRun::Failed));
    let end = proof.settled_by.unwrap().end().unwrap().text();
    assert_eq!(end, "FAILED tests/test_open.sh\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_build_without_the_code_could_not_be_told() {
    let stage = staged!();
    let builds = format!(
        "grep -qF 'close()' door.sh || {{ echo 'error: could not compile `door`'; exit 101; }}; {RUNNER}"
    );
    let base = [BASE[0], BASE[1]];
    let head = [("door.sh", Some("open() { echo open; }\nclose() { :; }\n")), CATCHES];
    let proof = proof(&stage, &base, &head, &builds).await;
    assert_eq!(proof.proved, FailToPass::CouldNotTell(Untold::DoesNotBuild));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_that_is_red_proves_nothing() {
    let stage = staged!();
    let red = [BASE[0], ("tests/test_begin.sh", Some("grep -q echo.open door.sh\n"))];
    let proof = proof(&stage, &red, &[MENDED, CATCHES], RUNNER).await;
    assert_eq!(proof.proved, FailToPass::CouldNotTell(Untold::BaseFails));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_cannot_be_parted_only_this_is_told_whether_it_breaks_something() {
    let stage = staged!();
    for (head, expected) in [
        (&[MENDED][..], Untold::NoTests),
        (&[CATCHES], Untold::NoCode),
        (&[("src/a.rs", Some("#[cfg(test)]\nmod tests {}\n"))], Untold::NotParted),
        (&[MENDED, ("tests/test_begin.sh", None)], Untold::NoTests),
    ] {
        let proof = proof(&stage, BASE, head, "true").await;
        assert_eq!(proof.proved, FailToPass::CouldNotTell(expected));
    }
    let broken = proof(&stage, BASE, &[("door.sh", Some("open( {\n"))], "sh -n door.sh").await;
    assert_eq!(broken.proved, FailToPass::NotPassed(HeadRun::Failed));
    // What was broken before is nobody's fault.
    let red = proof(&stage, BASE, &[MENDED], "exit 1").await;
    assert_eq!(red.proved, FailToPass::CouldNotTell(Untold::BaseFails));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_that_was_moved_is_tried_where_it_is() {
    let stage = staged!();
    let head = [
        MENDED,
        ("tests/test_begin.sh", None),
        ("tests/test_*[x].sh", Some(". ./door.sh\ntest \"$(open)\" = open\n")),
    ];
    let proof = proof(&stage, BASE, &head, "set -f; sh -e 'tests/test_*[x].sh'").await;
    // The base has no such test: that it cannot be run there is no failure of its own.
    assert_eq!(proof.proved, FailToPass::CouldNotTell(Untold::BaseFails));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_head_decides_what_is_in_the_files_that_run_its_tests() {
    let stage = staged!();
    let script = format!("#!/bin/sh\n{RUNNER}\n");
    let base = [BASE[0], BASE[1], ("ci/run.sh", Some(&*script))];
    let broken = ("door.sh", Some("open() { false; }\n"));
    let by = ["sh", "./ci/run.sh"];
    for tampered in [Some("exit 0\n"), None] {
        let head = [broken, CATCHES, ("ci/run.sh", tampered)];
        let proof = proof_by(&stage, &base, &head, &by).await;
        assert_eq!(proof.proved, FailToPass::NotPassed(HeadRun::Failed));
        let head = [MENDED, CATCHES, ("ci/run.sh", tampered)];
        let proof = proof_by(&stage, &base, &head, &by).await;
        assert_eq!(proof.proved, FailToPass::Proved);
    }
    // Nor does one bring a file by which there is nothing to do.
    let base = [BASE[0], BASE[1], ("Makefile", Some("all:\n\t@false\n"))];
    let proof =
        proof_by(&stage, &base, &[broken, CATCHES, ("all", Some(""))], &["make", "all"]).await;
    assert_eq!(proof.proved, FailToPass::NotPassed(HeadRun::Failed));
    // What the command names itself cannot be tried without the code.
    let by = ["sh", "-e", "tests/test_begin.sh"];
    let head = [MENDED, ("tests/test_begin.sh", Some("exit 0\n"))];
    let proof = proof_by(&stage, BASE, &head, &by).await;
    assert_eq!(proof.proved, FailToPass::CouldNotTell(Untold::NamedByCommand));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_no_text_keeps_nothing_from_running() {
    use std::os::unix::ffi::OsStrExt as _;

    let stage = staged!();
    let project = Project::begun().await;
    let base = project.commit(BASE).await;
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.txt");
    std::fs::write(project.tree.path().join(name), "").unwrap();
    let broken = project.commit(&[("door.sh", Some("open() { false; }\n")), CATCHES]).await;
    let by = ["sh", "-c", RUNNER];
    let proof = proof_in(&stage, &project, (base.clone(), broken), &by).await;
    assert_eq!(proof.proved, FailToPass::NotPassed(HeadRun::Failed));
    let good = project.commit(&[MENDED]).await;
    let proof = proof_in(&stage, &project, (base, good), &by).await;
    assert_eq!(proof.proved, FailToPass::CouldNotTell(Untold::NameNotRead));
}
