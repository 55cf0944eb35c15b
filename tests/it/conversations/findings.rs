//! What was found of what an agent brought, as it is told.

use insta::assert_snapshot;
use timmy::clock::Clock as _;
use timmy::core::guards::{FindingCode, GuardFinding, GuardName, Sentence};
use timmy::core::jobs::evidence::Finding;
use timmy::core::jobs::{AgentClaim, Citation, Commit, JobEvent, Progress, RunHandle, Verdict};
use timmy::store::jobs;

use crate::conversations::talk::{Talk, talk};
use crate::conversations::work::{USED, Work};
use crate::support::clock::{DAY, HOUR, MINUTE};
use crate::support::forge::DOOR;

async fn begun(t: &Talk) -> Work<'_> {
    t.introduce().await;
    t.ask("walt", "/timmy assign ezra").await;
    t.works("ezra").await
}

fn claimed() -> AgentClaim {
    AgentClaim::PullRequest { number: Some(58), commit: None }
}

fn commit(digit: char) -> Commit {
    digit.to_string().repeat(40).parse().unwrap()
}

const PASS: Verdict = Verdict::Pass { ask: false };

#[tokio::test]
async fn who_pushed_is_told_with_what_was_seen() {
    talk(async |t| {
        begun(t).await.claims(claimed(), PASS, &[]).await;
        assert_snapshot!(t.comment(2), @r"
        **Done: \#58 is open for this.** Seen on `8b195ee`; review and merge it.

        <details><summary>What was checked</summary>

        | | guard | found |
        |---|---|---|
        | ✅ | artifact | pull request \#58 from `timmy/1-j1`, head `8b195ee` |
        | ✅ | author | the account of `ezra` pushed it, or I did for it |

        </details>
        ");
    })
    .await;
}

#[tokio::test]
async fn what_is_unknown_or_somebody_elses_is_told_as_that() {
    talk(async |t| {
        let foreign = Finding::ForeignPull { number: 12, author: Some("anna".to_owned()) };
        begun(t).await.claims(claimed(), PASS, &[Finding::PusherUnknown, foreign]).await;
        assert_snapshot!(t.comment(2), @r"
        **Done: \#58 is open for this.** Seen on `8b195ee`; review and merge it.

        <details><summary>What was checked</summary>

        | | guard | found |
        |---|---|---|
        | ✅ | artifact | pull request \#58 from `timmy/1-j1`, head `8b195ee` |
        | ⚠️ | author | Who pushed to `timmy/1-j1` is unknown. |
        | ⚠️ | claims | `#12` is a pull request of `anna`, not its own. |

        </details>
        ");
    })
    .await;
}

#[tokio::test]
async fn what_was_claimed_and_what_was_found_instead() {
    talk(async |t| {
        let foreign = Finding::ForeignPull { number: 58, author: Some("anna".to_owned()) };
        let found = [Finding::NothingThere, foreign];
        begun(t).await.claims(claimed(), Verdict::Nothing, &found).await;
        assert_snapshot!(t.comment(2), @"
        **Not done: `ezra` claims pull request `#58`, and nothing of that is here.** Attempt 2 of 3 starts at 12:00 UTC.

        - There is no branch `timmy/1-j1`, and no pull request from it.
        - `#58` is a pull request of `anna`, not its own.

        `/timmy cancel` stops here.
        ");
    })
    .await;
}

#[tokio::test]
async fn what_has_to_be_mended_is_told_with_the_round_that_does() {
    talk(async |t| {
        let found = [
            Finding::CommitGone { named: commit('a') },
            Finding::OtherBase { number: 58, base: "|@anna|".to_owned() },
        ];
        let claim = AgentClaim::PullRequest { number: None, commit: Some(commit('a')) };
        begun(t).await.claims(claim, Verdict::Block, &found).await;
        assert_snapshot!(t.comment(2), @"
        **Not done: `ezra` claims commit `aaaaaaa`, and that is not what is here.** Round 1 of 3 starts at 12:00 UTC with what was found.

        - It names commit `aaaaaaa`, which is not here: it was never pushed, or a force push took it away.
        - `#58` asks to be merged into `|@anna|`, another branch.

        `/timmy cancel` stops here.
        ");
    })
    .await;
}

/// A guard blocks what ezra brought, as often as it is given the job.
async fn blocked_until_given_up(t: &Talk) {
    t.introduce().await;
    t.ask("walt", "/timmy assign ezra").await;
    for _ in 0..3 {
        t.wait(HOUR).await;
        t.works("ezra").await.claims(claimed(), Verdict::Block, &[secret()]).await;
    }
    t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
}

fn secret() -> Finding {
    let said = Sentence::of("{} holds a GitHub token.", &["door.rs"]);
    Finding::Guard(GuardFinding::new(GuardName::Secrets, FindingCode::SecretInFile, said))
}

#[tokio::test]
async fn what_is_there_is_told_when_it_is_given_up() {
    talk(async |t| {
        blocked_until_given_up(t).await;
        let told = t.sandbox.comments(DOOR, 1).unwrap().pop().unwrap().body;
        assert_snapshot!(told.split("\n\n<!-- timmy").next().unwrap(), @r"
        **Not done: I gave up after 1 attempt, 2 rounds of repair.** Why: it ended in the same way again and again. \#58 is there, and `secrets` blocks it.

        - `door.rs` holds a GitHub token.

        `/timmy retry` tries again, `/timmy retry agent=NAME` with another agent.

        <details><summary>j1: what was tried</summary>

        | | agent | time | USD | how it ended |
        |---:|---|---:|---:|---|
        | 1 | `ezra` | 0 s | 0.41 | blocked by `secrets` |
        | 2 | `ezra` | 0 s | 0.41 | blocked by `secrets` |
        | 3 | `ezra` | 0 s | 0.41 | blocked by `secrets` |

        </details>
        ");
        let card = t.comment(1);
        assert!(card.contains("· 1 attempt, 2 rounds of repair ·"), "{card}");
        t.jobs_are_sound().await;
    })
    .await;
}

/// No agent is at work then.
#[tokio::test]
async fn why_between_two_rounds_says_when_the_next_one_starts() {
    talk(async |t| {
        begun(t).await.claims(claimed(), Verdict::Block, &[secret()]).await;
        t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
        let why = t.gist("walt", "/timmy why").await;
        let said =
            "**Nothing starts here:** `j1` is not over (*The next round of repair starts at 12:";
        assert!(why.starts_with(said), "{why}");
        t.wait(HOUR).await;
        t.works("ezra").await;
        let why = t.gist("walt", "/timmy why").await;
        assert!(why.starts_with("**Nothing starts here:** an agent works on it."), "{why}");
    })
    .await;
}

#[tokio::test]
async fn a_round_that_was_cancelled_counts_nowhere() {
    talk(async |t| {
        begun(t).await.claims(claimed(), Verdict::Block, &[secret()]).await;
        t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
        t.wait(HOUR).await;
        let round = t.works("ezra").await;
        let status = t.gist("walt", "/timmy status").await;
        assert!(status.contains("attempt 1 of 3, round 1 of 3"), "{status}");
        t.ask("walt", "/timmy cancel").await;
        round.says(Progress::Stopped { usage: USED }).await;
        let status = t.gist("walt", "/timmy status").await;
        assert!(status.contains("(j1, 1 attempt, "), "{status}");
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_no_attempt() {
    talk(async |t| {
        begun(t).await.claims(AgentClaim::Blocked, Verdict::Stuck, &[Finding::Blocked]).await;
        t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
        t.ask("anna", "/timmy answer paint it blue").await;
        t.works("ezra").await.claims(claimed(), PASS, &[]).await;
        t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
        let status = t.gist("walt", "/timmy status").await;
        assert!(status.contains("(j1, 1 attempt, "), "{status}");
    })
    .await;
}

#[tokio::test]
async fn that_nothing_has_to_change_is_told_with_what_shows_it() {
    talk(async |t| {
        let file = Citation::File("src/door.rs".to_owned());
        let gone = Citation::Commit(commit('b'));
        let claim = AgentClaim::NoChange { cited: vec![file, gone.clone()] };
        let found = [Finding::MissingCitation { cited: gone }];
        begun(t).await.claims(claim, Verdict::NoChange { ask: false }, &found).await;
        let said = t.comment(2);
        assert_snapshot!(said.split("\n\n<details>").next().unwrap(), @"
        **No change was needed,** says `ezra`, and what it cites for that is there. Close this if you agree; `/timmy retry` looks again.

        - There is the file `src/door.rs`.
        - It cites commit `bbbbbbb`, which is not here.
        ");
    })
    .await;
}

#[tokio::test]
async fn what_a_person_has_to_look_at_is_told() {
    talk(async |t| {
        let found = [Finding::OthersWork { login: "anna".to_owned() }];
        begun(t).await.claims(claimed(), Verdict::Ask, &found).await;
        assert_snapshot!(t.comment(2), @r"
        ### May this pass?

        @alexander, a person has to look at what `ezra` brought in \#58:

        - All that is known to be on `timmy/1-j1` was pushed by `anna`.

        Reply with one of these lines:

        ```
        /timmy approve d1
        /timmy revise d1 what should change
        /timmy reject d1 why
        ```

        **approve** lets this pass on `8b195ee` alone; a new push voids this question. It waits until somebody answers.
        ");
    })
    .await;
}

#[tokio::test]
async fn what_nobody_could_find_out_is_told_with_where_to_look() {
    talk(async |t| {
        let work = begun(t).await;
        let run = RunHandle {
            run: "run_1f".to_owned(),
            session: Some("timmy-j1".to_owned()),
            process: None,
        };
        let (fence, now) = (work.fence, t.clock.now());
        let run = serde_json::to_string(&run).unwrap();
        t.timmy.write(move |tx| jobs::found(tx, fence, &run, now)).await;
        work.says(Progress::Unclear).await;
        t.wait(DAY + MINUTE).await;
        work.happens(JobEvent::Due).await;
        assert_snapshot!(t.comment(2), @"
        **Given up: nobody could find out whether `ezra` worked on this.** Before anybody takes it up again, look:

        - here, for the branch `timmy/1-j1`: whatever it pushed is there, and may still come;
        - on its host, for the run `run_1f` (session `timmy-j1`). If it still runs, stop it there.

        `/timmy retry` starts on a branch of its own.
        ");
        t.jobs_are_sound().await;
    })
    .await;
}
