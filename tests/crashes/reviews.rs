//! An agent's review is posted by timmy, which is killed at each step of that: there is one review, with
//! its remark once, and one card.

use std::time::Duration;

use timmy::core::effect::marker::key_of;
use timmy::core::jobs::{Done, State};
use timmy::core::model::text::Review;
use timmy::store::{Ledger, jobs};

use crate::bot::Bot;
use crate::hands::Hands;
use crate::job_fleet::{JobFleet, REMARK, doubled};
use crate::job_outcomes::all_jobs;
use crate::random_run::times;
use crate::stage::{SHORT, Stage};
use crate::support::forge::DOOR;

/// From the agent's last words to the review on the forge: the reply is sent first.
const STEPS: [(&str, usize); 5] =
    [("result_posted", 1), ("sending", 1), ("sending", 2), ("sent", 1), ("sent", 2)];

/// How long a life may take until it dies at its step, or does not come to it: more than it needs, and less
/// than a test waits for anything.
const LIFE: Duration = Duration::from_secs(100);

const POLL: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_a_review_is_posted() {
    for (step, nth) in STEPS {
        walk(&format!("{step}:{nth}")).await;
    }
}

/// Dies at that step, in as many lives as it comes there; then it lives until all is done.
async fn walk(at: &str) {
    let hands = Hands::default();
    let mut stage = Stage::by(&hands, SHORT, 0).await;
    stage.sandbox.commit("walt", DOOR, "main", &[("README.md", "A door.\n")], "Begin").unwrap();
    let mut fleet = JobFleet::start(&stage.sandbox, DOOR, &hands.clock()).await;
    fleet.reveal_tokens();
    stage.launch.environment.extend(JobFleet::environment());
    stage.configure(POLL, |config| fleet.configure(config));
    stage.sandbox.commit("walt", DOOR, "oil", &[("hinge.md", "It squeaks.\n")], "Oil").unwrap();
    let pull = stage.sandbox.open_pull("walt", DOOR, "Oil", "", "oil").unwrap();
    stage.first_life().await;
    stage.sandbox.comment("walt", DOOR, pull, "/timmy assign ezra role=reviewer").unwrap();
    let mut died = 0;
    for _ in 0..=times(5) {
        let ahead = hands.ahead();
        let mut bot = stage.launch.start(&[("TIMMY_CLOCK_AHEAD", &ahead), ("TIMMY_CRASH_AT", at)]);
        tokio::select! {
            _ = bot.death() => died += 1,
            () = stage.until("an end", async || has_ended(&stage).await) => {}
            () = tokio::time::sleep(LIFE) => {}
        }
        bot.kill().await;
        hands.advance(60);
    }
    assert!(died > 0, "it never died at {at}\n{}", stage.dump());
    let bot = stage.launch.start(&[("TIMMY_CLOCK_AHEAD", &hands.ahead())]);
    stage.until("its end", async || has_ended(&stage).await).await;
    look(at, &stage, &fleet, pull, bot).await;
}

async fn has_ended(stage: &Stage) -> bool {
    // As long as it was killed while it made it, there is no ledger.
    let Ok(ledger) = Ledger::open_read_only(stage.ledger()) else { return false };
    ledger.read(|conn| jobs::ended_ids(conn, 1)).await.is_ok_and(|ended| !ended.is_empty())
}

async fn look(at: &str, stage: &Stage, fleet: &JobFleet, pull: i64, mut bot: Bot) {
    bot.first_poll().await;
    stage.idle().await;
    let status = bot.stop().await;
    assert!(status.success(), "{status}\n{}", stage.dump());
    let all = all_jobs(stage).await;
    let states: Vec<&State> = all.iter().map(|(job, _)| &job.state).collect();
    assert_eq!(states, [&State::Done(Done::Verified)], "{at}\n{}", stage.dump());
    let gitea = stage.gitea();
    let door = DOOR.parse().unwrap();
    let reviews = gitea.all_reviews(&door, pull).await.unwrap();
    let by =
        |review: &Review| review.text.written.author.as_ref().map(|author| author.login.clone());
    let authors: Vec<Option<String>> = reviews.iter().map(by).collect();
    assert_eq!(authors, [Some("ezra".to_owned())], "{at}\n{}", stage.dump());
    let remarks = gitea.all_inline_comments(&door, pull).await.unwrap();
    let remarks: Vec<&str> = remarks.iter().map(|said| said.written.body.as_str()).collect();
    assert_eq!(remarks, [REMARK], "{at}\n{}", stage.dump());
    assert_eq!(stage.sandbox.drafts(DOOR, pull).unwrap(), 0, "{at}");
    let said = stage.sandbox.comments(DOOR, pull).unwrap();
    let keys: Vec<&str> = said.iter().filter_map(|said| key_of(&said.body)).collect();
    let twice = doubled(keys.iter().map(|key| (*key).to_owned()).collect());
    let mut problems = fleet.problems();
    problems.extend(twice);
    problems.extend(stage.problems_in_ledger().await);
    assert!(problems.is_empty(), "{at}: {}\n{}", problems.join("\n"), stage.dump());
}
