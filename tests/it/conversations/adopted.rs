//! assign on a pull request that is there: a job goes on with it.

use insta::assert_snapshot;
use timmy::core::jobs::{Purpose, Verdict};
use timmy::sandbox::{Mode, Version};

use crate::conversations::decisions::asked;
use crate::conversations::talk::{talk, talk_on, talk_where};
use crate::support::config::Config;
use crate::support::forge::DOOR;

#[tokio::test]
async fn a_persons_pull_request_is_taken_up_on_its_own_branch() {
    talk(async |t| {
        t.introduce().await;
        let pull = t.proposes("anna", "Mend the door", "").await;
        assert_snapshot!(t.ask_in(DOOR, pull, "walt", "/timmy assign ezra").await, @"**`ezra` takes this.** It starts now; what comes of it will be checked, and reported here. It goes on with `topic`.");
        let job = t.job(pull).await;
        assert_eq!((job.spec.purpose, job.past.pull), (Purpose::Repair, Some(pull)));
        assert_eq!(job.branch().to_string(), "topic");
        assert_snapshot!(t.ask_in(DOOR, pull, "walt", "/timmy assign auto").await, @"**Not done: this is in work.** Queued for `ezra` (j1, attempt 1 of 3). `/timmy cancel` ends that, `/timmy tell` says something to it.");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn it_is_named_from_elsewhere() {
    talk(async |t| {
        t.introduce().await;
        let pull = t.proposes("anna", "Mend the door", "").await;
        assert_snapshot!(t.ask("walt", &format!("/timmy assign ezra on=#{pull}")).await, @r"**`ezra` takes \#2.** It starts now; what comes of it will be checked, and reported there. It goes on with `topic`.");
        assert_eq!(t.job(pull).await.branch().to_string(), "topic");
        t.reads(&t.sandbox.comments(DOOR, pull).unwrap());
    })
    .await;
}

#[tokio::test]
async fn one_whose_job_is_not_over_is_in_work() {
    talk(async |t| {
        let asked = asked(t).await;
        assert_snapshot!(t.ask_in(DOOR, asked.pull, "walt", "/timmy assign ezra").await, @r"**Not done: this is in work.** \#1: Waiting for a person: the result is verified, and waits to be accepted (j1, attempt 1 of 3, 0.41 USD). `/timmy cancel` ends that, `/timmy tell` says something to it.");
    })
    .await;
}

#[tokio::test]
async fn only_who_pushes_goes_on_with_one() {
    let with_a_reviewer = |config: Config| config.agent("bezalel", ["researcher"]);
    talk_where(with_a_reviewer, async |t| {
        t.introduce().await;
        let pull = t.proposes("anna", "Mend the door", "").await;
        assert_snapshot!(t.ask_in(DOOR, pull, "walt", "/timmy assign auto role=researcher").await, @"**Not done.** The role `researcher` pushes nothing, and who goes on with a pull request has to: `/timmy assign auto role=coder`.");
    })
    .await;
}

#[tokio::test]
async fn one_from_a_fork_is_not_taken_up() {
    talk_on(Version::V1_27, async |t| {
        t.introduce().await;
        t.sandbox.collaborator(DOOR, "rando", Mode::Read).unwrap();
        for (maintainers, branch) in [(false, "mine"), (true, "ours")] {
            let pull = t
                .sandbox
                .open_pull_of_fork("rando", DOOR, "Mend it", (branch, maintainers))
                .unwrap();
            t.quiet().await;
            let answer = t.ask_in(DOOR, pull, "walt", "/timmy assign ezra").await;
            match maintainers {
                false => assert_snapshot!(answer, @"**Not done.** Its branch lies in a fork, where agents may not push. Push it to a branch of this repository and open a pull request from there."),
                true => assert_snapshot!(answer, @"**Not done.** Its branch lies in a fork. You may push there, but agents work on branches of this repository alone: push it to one, and open a pull request from there."),
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_branch_that_a_shell_reads_otherwise_is_handed_to_no_agent() {
    talk(async |t| {
        t.introduce().await;
        let pull = t.sandbox.open_pull("anna", DOOR, "Mend it", "", "$(id)").unwrap();
        t.quiet().await;
        assert_snapshot!(t.ask_in(DOOR, pull, "walt", "/timmy assign ezra").await, @"**Not done.** I hand no agent a branch of such a name, which a shell may read otherwise. Rename it to letters, digits, `/`, `.`, `_` and `-`.");
    })
    .await;
}

#[tokio::test]
async fn a_no_to_its_result_leaves_it_open() {
    talk(async |t| {
        t.introduce().await;
        let pull = t.proposes("anna", "Mend the door", "").await;
        t.ask_in(DOOR, pull, "walt", "/timmy assign ezra").await;
        let work = t.works_on(pull, "ezra").await;
        let head = t.sandbox.commit("ezra", DOOR, "topic", &[("oil.md", "oil")], "Oil it").unwrap();
        t.quiet().await;
        work.delivers_on(&head, pull, Verdict::Pass { ask: true }).await;
        t.reads(&t.sandbox.comments(DOOR, pull).unwrap());
        assert_snapshot!(t.ask_in(DOOR, pull, "anna", "/timmy reject wrong it squeaks").await, @r"**Rejected in d1.** \#2 stays open, and nobody works on this any more.");
        assert!(t.sandbox.is_open(DOOR, pull).unwrap());
        t.jobs_are_sound().await;
    })
    .await;
}
