//! An agent is given an issue: the card, what people say meanwhile, what came of it.

use std::time::Duration;

use insta::assert_snapshot;
use timmy::clock::Clock as _;
use timmy::core::command::value::Cause;
use timmy::core::jobs::{
    Failure, JobEvent, JobId, OutcomeDigest, PersonAnswer, Progress, Push, Pusher, StateKind,
    Verdict,
};
use timmy::core::model::ids::Subject;
use timmy::store::{Connection, jobs};

use crate::conversations::talk::{Talk, talk, talk_where};
use crate::conversations::work::USED;
use crate::support::clock::MINUTE;
use crate::support::forge::{CELLAR, DOOR};

/// Somebody gives the door's first issue to ezra.
async fn assigned(t: &Talk) {
    t.introduce().await;
    t.ask("walt", "/timmy assign ezra").await;
}

fn gave_up(how: &str) -> Progress {
    Progress::Failed { failure: Failure::Agent(OutcomeDigest(how.to_owned())), usage: USED }
}

#[tokio::test]
async fn the_answer_to_assign_is_the_card_and_the_end_one_comment() {
    talk(async |t| {
        t.introduce().await;
        assert_snapshot!(t.ask("walt", "/timmy assign ezra").await, @"**`ezra` takes this.** It starts now; what comes of it will be checked, and reported here. By myself I would not have started: `missing_scope`.");
        let work = t.works("ezra").await;
        t.wait(6 * MINUTE).await;
        work.says(Progress::Alive).await;
        t.timmy.write({
            let (id, now) = (work.id, t.clock.now());
            move |tx| jobs::refresh_card(tx, id, now)
        }).await;
        t.timmy.engine().notify();
        t.quiet().await;
        assert_snapshot!(t.comment(1), @"
        **`ezra` is working on this** · attempt 1 of 3 · since 12:00 UTC

        <details><summary>j1 · coder</summary>

        | UTC | |
        |---|---|
        | 12:00:00 | asked by walt |
        | 12:00:00 | given to `ezra` |
        | 12:00:00 | preflight passed |
        | 12:00:00 | accepted |

        Must answer by 13:00 UTC. `/timmy cancel` stops it.

        </details>
        ");
        t.wait(5 * MINUTE).await;
        work.delivers(58, Verdict::Pass { ask: false }).await;
        assert_snapshot!(t.comment(1), @r"**`ezra` delivered \#58** · 1 attempt · 11 min · 0.41 USD");
        assert_snapshot!(t.comment(2), @r"
        **Done: \#58 is open for this.** Seen on `8b195ee`; review and merge it.

        <details><summary>What was checked</summary>

        | | guard | found |
        |---|---|---|
        | ✅ | artifact | pull request \#58 from `timmy/1-j1`, head `8b195ee` |

        </details>
        ");
        assert_eq!(t.sandbox.comments(DOOR, 1).unwrap().len(), 3, "one card, one outcome");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_permission_that_is_denied_early_is_told_in_its_order() {
    talk(async |t| {
        assigned(t).await;
        let work = t.works("ezra").await;
        t.wait(MINUTE).await;
        t.timmy
            .write({
                let (fence, now) = (work.fence, t.clock.now());
                move |tx| jobs::seen(tx, fence, Some("reads `door.rs`"), now)
            })
            .await;
        t.wait(MINUTE).await;
        work.says(Progress::Asks).await;
        t.wait(MINUTE).await;
        let asked = t.job(1).await.past.asked;
        work.happens(JobEvent::Decided(asked, PersonAnswer::No(Cause::Wrong))).await;
        let card = t.comment(1);
        let told = "| 12:01:00 | reads `door.rs` |\n| 12:02:00 | it asks for a permission |\n\
                    | 12:03:00 | a person denied it |\n\n";
        assert!(card.contains(told), "{card}");
        // It is read minutes after it was written.
        assert!(
            card.contains("<summary>j1 · coder · last sign of life 12:01 UTC</summary>"),
            "{card}"
        );
        // Its agent cannot go on without it.
        let failure = Failure::NeedsAnswer;
        work.says(Progress::Failed { failure, usage: USED }).await;
        t.works("ezra").await;
        let card = t.comment(1);
        let told = "| 12:03:00 | a person denied it |\n\
                    | 12:03:00 | it ended, and the next attempt has the answer |\n\
                    | 12:03:00 | given to `ezra` |\n";
        assert!(card.contains(told), "{card}");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_attempt_that_heard_its_answer_may_end_to_ask_something_else() {
    talk(async |t| {
        assigned(t).await;
        let work = t.works("ezra").await;
        work.says(Progress::Asks).await;
        let asked = t.job(1).await.past.asked;
        work.happens(JobEvent::Decided(asked, PersonAnswer::Yes)).await;
        work.says(Progress::Answered).await;
        let failure = Failure::NeedsAnswer;
        work.says(Progress::Failed { failure, usage: USED }).await;
        assert_eq!(t.job(1).await.state.kind(), StateKind::Waiting);
        let asked = t.job(1).await.past.asked;
        work.happens(JobEvent::Decided(asked, PersonAnswer::Yes)).await;
        t.works("ezra").await;
        let card = t.comment(1);
        let told = "| 12:00:00 | it asks for a permission |\n\
                    | 12:00:00 | a person said yes |\n\
                    | 12:00:00 | it ended to ask a person |\n\
                    | 12:00:00 | a person said yes |\n\
                    | 12:00:00 | given to `ezra` |\n";
        assert!(card.contains(told), "{card}");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_permission_that_ended_its_attempt_is_told_in_words_that_stay_right() {
    talk(async |t| {
        assigned(t).await;
        let work = t.works("ezra").await;
        work.says(Progress::Asks).await;
        let failure = Failure::NeedsAnswer;
        work.says(Progress::Failed { failure, usage: USED }).await;
        let asked = t.job(1).await.past.asked;
        work.happens(JobEvent::Decided(asked, PersonAnswer::Revise)).await;
        t.works("ezra").await;
        let card = t.comment(1);
        let told = "| 12:00:00 | it asks for a permission |\n\
                    | 12:00:00 | it ended to ask a person |\n\
                    | 12:00:00 | a person denied it |\n\
                    | 12:00:00 | given to `ezra` |\n";
        assert!(card.contains(told), "{card}");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn a_claim_that_the_forge_does_not_show_is_told_and_tried_again() {
    talk(async |t| {
        assigned(t).await;
        t.works("ezra").await.delivers(58, Verdict::Nothing).await;
        assert_snapshot!(t.comment(1), @"
        **The next attempt starts at 12:00 UTC** · attempt 2 of 3 · 0.41 USD

        <details><summary>j1 · coder</summary>

        | UTC | |
        |---|---|
        | 12:00:00 | asked by walt |
        | 12:00:00 | given to `ezra` |
        | 12:00:00 | preflight passed |
        | 12:00:00 | accepted |
        | 12:00:00 | it ended, and claims pull request `#58` |
        | 12:00:00 | nothing of it is on the forge |

        `/timmy retry` starts it now, `/timmy cancel` ends it.

        </details>
        ");
        assert_snapshot!(t.comment(2), @"
        **Not done: `ezra` claims pull request `#58`, and nothing of that is here.** Attempt 2 of 3 starts at 12:00 UTC.

        I looked for `timmy/1-j1` and for a pull request from it. `/timmy cancel` stops here.
        ");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_done_is_given_up_and_taken_up_again() {
    talk(async |t| {
        assigned(t).await;
        for how in ["out of turns", "garbage", "out of turns again"] {
            t.wait(60 * MINUTE).await;
            let work = t.works("ezra").await;
            t.wait(5 * MINUTE).await;
            work.says(gave_up(how)).await;
        }
        assert_eq!(t.job(1).await.state.kind(), StateKind::Dead);
        assert_snapshot!(t.comment(1), @"
        **Given up: all its attempts are spent** · 3 attempts · 2 h · 1.24 USD

        <details><summary>j1 · coder</summary>

        | UTC | |
        |---|---|
        | 12:00:00 | asked by walt |
        | 13:00:00 | given to `ezra` |
        | 13:00:00 | preflight passed |
        | 13:00:00 | accepted |
        | 13:05:00 | it failed: out of turns |
        | 14:05:00 | given to `ezra` |
        | 14:05:00 | preflight passed |
        | 14:05:00 | accepted |
        | 14:10:00 | it failed: garbage |
        | 15:10:00 | given to `ezra` |
        | 15:10:00 | preflight passed |
        | 15:10:00 | accepted |
        | 15:15:00 | it failed: out of turns again |

        `/timmy retry` tries again.

        </details>
        ");
        assert_snapshot!(t.comment(2), @"
        **Not done: I gave up after 3 attempts.** Why: all its attempts are spent.

        `/timmy retry` tries again, `/timmy retry agent=NAME` with another agent.

        <details><summary>j1: what was tried</summary>

        | | agent | time | USD | how it ended |
        |---:|---|---:|---:|---|
        | 1 | `ezra` | 5 min | 0.41 | failed: out of turns |
        | 2 | `ezra` | 5 min | 0.41 | failed: garbage |
        | 3 | `ezra` | 5 min | 0.41 | failed: out of turns again |

        </details>
        ");
        assert_snapshot!(t.ask("walt", "/timmy dead").await, @"
        **1 job given up, and all was said.**

        - Given up: all its attempts are spent (j1, 3 attempts, 2 h, 1.24 USD). `/timmy retry j1`
        ");
        assert_snapshot!(t.ask("walt", "/timmy tell use the other one").await, @"**Not done: `j1` is over.** Given up: all its attempts are spent (j1, 3 attempts, 2 h, 1.24 USD). `/timmy retry` takes it up again.");
        assert_snapshot!(t.ask("walt", "/timmy retry agent=ezra").await, @"**Once more:** `ezra` takes `j1` as soon as it can. What comes of it will be checked, and reported here.");
        assert_eq!(t.job(1).await.state.kind(), StateKind::Queued);
        let card = t.comment(1);
        t.works("ezra").await.delivers(58, Verdict::Pass { ask: false }).await;
        assert_eq!(t.comment(1), card, "the answer to retry is the card from then on");
        assert_snapshot!(t.comment(8), @r"
        **`ezra` delivered \#58** · 4 attempts · 2 h · 1.65 USD

        <details><summary>j1 · coder</summary>

        | UTC | |
        |---|---|
        | 12:00:00 | asked by walt |
        | 13:00:00 | given to `ezra` |
        | 13:00:00 | preflight passed |
        | 13:00:00 | accepted |
        | 13:05:00 | it failed: out of turns |
        | 14:05:00 | given to `ezra` |
        | 14:05:00 | preflight passed |
        | 14:05:00 | accepted |
        | 14:10:00 | it failed: garbage |
        | 15:10:00 | given to `ezra` |
        | 15:10:00 | preflight passed |
        | 15:10:00 | accepted |
        | 15:15:00 | it failed: out of turns again |
        | 15:15:00 | once more, by `ezra` |
        | 15:15:00 | given to `ezra` |
        | 15:15:00 | preflight passed |
        | 15:15:00 | accepted |
        | 15:15:00 | it ended, and claims pull request `#58` |
        | 15:15:00 | verified on `8b195ee` |

        </details>
        ");
        t.comment(9);
        t.jobs_are_sound().await;
        assert_snapshot!(t.gist("walt", "/timmy status").await, @r"**`ezra` delivered \#58** (j1, 4 attempts, 2 h, 1.65 USD). Nothing is running here.");
    })
    .await;
}

#[tokio::test]
async fn cancel_asks_the_agent_to_stop_and_says_when_it_has() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy cancel").await, @"Nothing to do: no agent was ever given this. `/timmy assign auto` gives it to one.");
        assigned(t).await;
        let work = t.works("ezra").await;
        assert_snapshot!(t.ask("walt", "/timmy cancel").await, @"**`ezra` was asked to stop.** That is waited for until 12:02 UTC; until then nobody else gets this.");
        assert_snapshot!(t.ask("walt", "/timmy stop").await, @"Nothing to do: `ezra` was asked to stop already; that is waited for until 12:02 UTC.");
        work.says(Progress::Stopped { usage: USED }).await;
        assert_snapshot!(t.comment(3), @r"
        **Cancelled by \@walt** · 1 attempt · 0 s · 0.41 USD

        <details><summary>j1 · coder</summary>

        | UTC | |
        |---|---|
        | 12:00:00 | asked by walt |
        | 12:00:00 | given to `ezra` |
        | 12:00:00 | preflight passed |
        | 12:00:00 | accepted |
        | 12:00:00 | cancelled by walt |
        | 12:00:00 | it stopped |

        </details>
        ");
        assert_snapshot!(t.ask("walt", "/timmy cancel").await, @r"**Not done: `j1` is over.** Cancelled by \@walt (j1, 1 attempt, 0 s, 0.41 USD). `/timmy retry` takes it up again.");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_nobody_runs_is_cancelled_at_once() {
    talk(async |t| {
        assigned(t).await;
        assert_snapshot!(t.ask("walt", "/timmy unassign @ezra").await, @"**Cancelled.** Nothing of `j1` was running. `/timmy retry` takes it up again.");
        assert_eq!(t.job(1).await.state.kind(), StateKind::Cancelled);
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_told_reaches_the_agent_or_its_next_attempt() {
    talk(async |t| {
        assigned(t).await;
        assert_snapshot!(t.ask("walt", "/timmy tell look at the hinge").await, @"**Kept for the next attempt of `j1`:** nobody works on it right now.");
        let _work = t.works("ezra").await;
        assert_snapshot!(t.ask("walt", "/timmy tell j1 use the other one").await, @"**Passed on to `ezra`**, which works on `j1` right now. If it ends before it hears that, its next attempt does.");
        assert_eq!(t.job(1).await.past.texts, 2);
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn status_and_why_of_an_issue_a_job_and_an_agent() {
    talk(async |t| {
        assigned(t).await;
        assert_snapshot!(t.ask("rita", "/timmy status").await, @r"
        **Queued for `ezra`** (j1, attempt 1 of 3). Nobody needs to do anything.

        <details><summary>How it came to this</summary>

        | UTC | |
        |---|---|
        | 12:00:00 | asked by walt |

        </details>

        <details><summary>The latest commands</summary>

        | when | who | command | outcome |
        |---|---|---|---|
        | Mon 23 Nov, 12:00 UTC | \@walt | `/timmy assign ezra` | done |

        </details>
        ");
        let _work = t.works("ezra").await;
        t.wait(6 * MINUTE).await;
        assert_snapshot!(t.ask("rita", "/timmy status").await, @r"
        **`ezra` is working on this** (j1, attempt 1 of 3, 6 min). Nobody needs to do anything.

        <details><summary>How it came to this</summary>

        | UTC | |
        |---|---|
        | 12:00:00 | asked by walt |
        | 12:00:00 | given to `ezra` |
        | 12:00:00 | preflight passed |
        | 12:00:00 | accepted |

        </details>

        <details><summary>The latest commands</summary>

        | when | who | command | outcome |
        |---|---|---|---|
        | Mon 23 Nov, 12:00 UTC | \@walt | `/timmy assign ezra` | done |
        | Mon 23 Nov, 12:00 UTC | \@rita | `/timmy status` | done |

        </details>
        ");
        assert_snapshot!(t.ask("rita", "/timmy status j1").await, @"
        **`ezra` is working on this** (j1, attempt 1 of 3, 6 min). Nobody needs to do anything.

        <details><summary>How it came to this</summary>

        | UTC | |
        |---|---|
        | 12:00:00 | asked by walt |
        | 12:00:00 | given to `ezra` |
        | 12:00:00 | preflight passed |
        | 12:00:00 | accepted |

        </details>
        ");
        assert_eq!(t.ask("rita", "/timmy why j1").await, t.ask("rita", "/timmy status j1").await);
        assert_snapshot!(t.ask("rita", "/timmy status ezra").await, @"
        **`ezra` has 1 of 1 job.**

        - `ezra` is working on this (j1, attempt 1 of 3, 6 min).
        ");
        assert_snapshot!(t.ask("rita", "/timmy status j9").await, @"**Not found:** `j9`. It does not exist, or cannot be shown to everybody who reads this thread.");
    })
    .await;
}

#[tokio::test]
async fn a_jobs_pull_request_is_its_thread_as_well() {
    talk(async |t| {
        assigned(t).await;
        let pull = t.proposes("ezra", "Mend the door", "").await;
        t.works("ezra").await.delivers(pull, Verdict::Pass { ask: false }).await;
        t.comment(2);
        assert_snapshot!(t.ask_in(DOOR, pull, "walt", "/timmy cancel").await, @r"**Not done: `j1` is over.** \#1: `ezra` delivered \#2 (j1, 1 attempt, 0 s, 0.41 USD). `/timmy retry j1` takes it up again.");
        assert_snapshot!(t.ask_in(DOOR, pull, "walt", "/timmy assign ezra").await, @"**`ezra` takes this.** It starts now; what comes of it will be checked, and reported here. It goes on with `topic`.");
    })
    .await;
}

#[tokio::test]
async fn a_second_agent_gets_nothing_while_the_first_works() {
    talk(async |t| {
        assigned(t).await;
        assert_snapshot!(t.ask("walt", "/timmy assign auto").await, @"**Not done: this is in work.** Queued for `ezra` (j1, attempt 1 of 3). `/timmy cancel` ends that, `/timmy tell` says something to it.");
        assert_snapshot!(t.ask("walt", "/timmy retry").await, @"**`j1` does not wait any longer.** `ezra` gets it as soon as it can.");
        let _work = t.works("ezra").await;
        assert_snapshot!(t.ask("walt", "/timmy retry").await, @"**Not done: `j1` is not over.** `ezra` is working on this (j1, attempt 1 of 3, 0 s). `/timmy cancel` ends that first.");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn who_says_it_three_times_wants_it_once() {
    talk(async |t| {
        assigned(t).await;
        t.ask("walt", "/timmy cancel").await;
        let three = "/timmy retry\n/timmy retry\n/timmy retry";
        let comment = t.says("walt", three);
        t.quiet().await;
        t.saw(Subject::Comment(comment), "eyes");
        t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
        t.works("ezra").await.says(gave_up("garbage")).await;
        t.reads(&t.sandbox.comments(DOOR, 1).unwrap());
        let status = t.ask("walt", "/timmy status").await;
        assert_eq!(status.matches("| once more |").count(), 1, "{status}");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_an_order_passes_over_and_what_stops_it() {
    talk(async |t| {
        t.introduce().await;
        let asked = async |line: &str| t.ask("alexander", line).await;
        t.ask("alexander", "/timmy hold").await;
        assert_snapshot!(asked("/timmy assign ezra").await, @"**Not done.** It is on hold: `/timmy unhold` ends that.");
        assert_snapshot!(asked("/timmy assign ezra role=reviewer").await, @"**Not done.** Nobody holds the role `reviewer`. There is `coder`.");
        assert_snapshot!(asked("/timmy assign auto role=poet").await, @"**Not done.** Nobody holds the role `poet`. There is `coder`.");
        assert_snapshot!(asked("/timmy assign ezra budget=500usd").await, @"**Not done.** An issue may cost 2usd at most (`budget.issue` in my configuration): `/timmy assign ezra budget=2usd`.");
        t.ask("alexander", "/timmy pause ezra").await;
        t.sandbox.assign("walt", DOOR, 1, &["anna"]).unwrap();
        t.polls().await;
        let both = t.says("alexander", "/timmy unhold\n/timmy assign @ezra");
        t.quiet().await;
        t.saw(Subject::Comment(both), "eyes");
        let [answer, card] = <[String; 2]>::try_from(t.replies()).unwrap();
        assert_snapshot!(answer, @r"
        - `/timmy unhold`: **no longer on hold.**
        - `/timmy assign @ezra`: **queued for `ezra`:** `ezra` is paused since Mon 23 Nov, 12:00 UTC, by \@alexander; it starts after `/timmy resume ezra`. `/timmy cancel` takes it back. By myself I would not have started: `assigned_to_person`, `missing_scope`.
        ");
        assert_snapshot!(card, @"**Queued for `ezra`.** It starts as soon as `ezra` can take it. `/timmy cancel` stops it.");
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn an_issue_is_given_from_another_thread() {
    talk(async |t| {
        t.introduce().await;
        let issue = t.opens(DOOR, "rita", "It squeaks", "Whenever it rains.").await;
        let answer = t.ask("walt", &format!("/timmy assign ezra on=#{issue}")).await;
        assert_snapshot!(answer, @r"**`ezra` takes \#2.** It starts now; what comes of it will be checked, and reported there. By myself I would not have started: `missing_scope`.");
        let there = t.sandbox.comments(DOOR, issue).unwrap();
        t.reads(&there);
        assert_snapshot!(there[0].body.split("\n\n<!--").next().unwrap(), @"**Queued for `ezra`.** It starts as soon as `ezra` can take it. `/timmy cancel` stops it.");
        let hidden = t.opens(CELLAR, "rita", "Rats", "").await;
        let line = format!("/timmy assign ezra on={CELLAR}#{hidden}");
        assert_snapshot!(t.ask("walt", &line).await, @"**Not found:** `foundation/cellar#1`. It does not exist, or cannot be shown to everybody who reads this thread.");
    })
    .await;
}

#[tokio::test]
async fn what_is_pushed_outside_of_any_attempt_is_told_once() {
    talk(async |t| {
        assigned(t).await;
        let work = t.works("ezra").await;
        work.delivers(58, Verdict::Ask).await;
        t.comment(2);
        let before = t.sandbox.comments(DOOR, 1).unwrap().len();
        t.wait(Duration::from_secs(3600)).await;
        let push = Push {
            branch: 1,
            commit: "1".repeat(40).parse().unwrap(),
            by: Pusher::Agent,
            at: t.clock.now(),
        };
        for _ in 0..2 {
            work.happens(JobEvent::Pushed(push.clone())).await;
        }
        assert_snapshot!(t.comment(before), @"**`1111111` was pushed to `timmy/1-j1` outside of any attempt.** I trust nothing of it that no person has looked at.");
        assert_eq!(t.sandbox.comments(DOOR, 1).unwrap().len(), before + 1);
        t.jobs_are_sound().await;
    })
    .await;
}

/// What a bot, an agent or a relayed text says never starts anything.
#[tokio::test]
async fn only_people_start_anything() {
    talk(async |t| {
        t.introduce().await;
        t.ignored("ezra", "/timmy assign ezra").await;
        t.ignored("renovate", "/timmy assign auto").await;
        t.ignored("timmy", "/timmy assign ezra").await;
        t.puzzled("walt", "<!-- gh-comment-id:4242 -->\n/timmy assign ezra").await;
        assert_snapshot!(t.ask("rita", "/timmy assign ezra").await, @r"**Not done.** `assign` is for people who may write to this repository. \@alexander can do it, or give you the right (`people.operators` in my configuration).");
        assert!(t.timmy.read(jobs::live).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn without_agents_nothing_can_be_given() {
    talk_where(
        |config| config.without_agents(),
        async |t| {
            assert_snapshot!(t.ask("walt", "/timmy assign auto").await, @"**Not done.** There are no agents yet: `[[agent]]` in my configuration names them.");
        },
    )
    .await;
}

#[tokio::test]
async fn one_that_ended_does_not_go_on_beside_another() {
    talk(async |t| {
        assigned(t).await;
        t.ask("walt", "/timmy cancel").await;
        t.ask("walt", "/timmy assign ezra").await;
        assert_snapshot!(t.ask("walt", "/timmy retry j1").await, @"**Not done: this is in work.** Queued for `ezra` (j2, attempt 1 of 3). `/timmy cancel` ends that, `/timmy tell` says something to it.");
        assert_eq!(kinds(t).await, [StateKind::Cancelled, StateKind::Queued]);
        t.ask("walt", "/timmy cancel").await;
        t.ask("walt", "/timmy retry j1").await;
        assert_eq!(kinds(t).await, [StateKind::Queued, StateKind::Cancelled]);
        // The older one works now: nothing begins beside it either.
        assert_snapshot!(t.ask("walt", "/timmy assign ezra").await, @"**Not done: this is in work.** Queued for `ezra` (j1, attempt 1 of 3). `/timmy cancel` ends that, `/timmy tell` says something to it.");
        assert_snapshot!(t.ask("walt", "/timmy retry j2").await, @"**Not done: this is in work.** Queued for `ezra` (j1, attempt 1 of 3). `/timmy cancel` ends that, `/timmy tell` says something to it.");
        assert_snapshot!(t.ask("walt", "/timmy cancel j1\n/timmy retry j2\n/timmy retry j1").await, @r"
        - `/timmy cancel j1`: **cancelled.** Nothing of `j1` was running. `/timmy retry` takes it up again.
        - `/timmy retry j2`: **once more:** `ezra` takes `j2` as soon as it can. What comes of it will be checked, and reported here.
        - `/timmy retry j1`: **not done: `j1` is over.** Cancelled by \@walt (j1). `/timmy retry` takes it up again.
        ");
        assert_eq!(kinds(t).await, [StateKind::Cancelled, StateKind::Queued]);
        t.jobs_are_sound().await;
    })
    .await;
}

/// How the first two jobs stand.
async fn kinds(t: &Talk) -> [StateKind; 2] {
    let kind =
        |conn: &Connection, id| jobs::get(conn, JobId(id)).map(|job| job.unwrap().job.state.kind());
    t.timmy.read(move |conn| Ok([kind(conn, 1)?, kind(conn, 2)?])).await
}
