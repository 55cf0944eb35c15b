//! What people do in Gitea's own pages: it means the same as the command, and is answered so.

use insta::assert_snapshot;
use timmy::core::jobs::{CancelReason, Purpose, State, StateKind, Verdict};
use timmy::sandbox::{DeliveryFault, Mode};

use crate::conversations::decisions::judged;
use crate::conversations::talk::{Talk, talk, talk_where};
use crate::support::config::Config;
use crate::support::forge::DOOR;

impl Talk {
    /// Somebody sets who is assigned to a thread at the door: what timmy said to it.
    async fn assigns(&self, who: &str, number: i64, logins: &[&str]) -> Vec<String> {
        self.sandbox.assign(who, DOOR, number, logins).unwrap();
        self.quiet().await;
        self.said_in(number)
    }

    /// Somebody asks for a review, or takes that back: what timmy said to it.
    async fn asks(&self, who: &str, number: i64, reviewer: (&str, bool)) -> Vec<String> {
        self.sandbox.ask_for_review(who, DOOR, number, reviewer).unwrap();
        self.quiet().await;
        self.said_in(number)
    }

    /// Somebody new may write at the door.
    fn hires(&self, login: &str) {
        self.sandbox.add_user(login);
        self.sandbox.collaborator(DOOR, login, Mode::Write).unwrap();
    }

    /// What timmy said that nobody has read yet.
    fn said_in(&self, number: i64) -> Vec<String> {
        self.replies_in(DOOR, number)
    }

    /// What the comment says now that showed the door's first job first.
    fn card(&self, number: i64) -> String {
        let comments = self.sandbox.comments(DOOR, number).unwrap();
        comments[0].body.split("\n\n<!-- timmy").next().unwrap().to_owned()
    }
}

fn two_agents(config: Config) -> Config {
    config.agent("bezalel", ["reviewer"])
}

#[tokio::test]
async fn to_assign_an_agent_in_the_page_gives_it_the_issue_and_to_take_it_off_cancels() {
    talk(async |t| {
        t.introduce().await;
        let said = t.assigns("walt", 1, &["ezra"]).await;
        assert_snapshot!(said.join("\n---\n"), @"**`ezra` takes this.** It starts now; what comes of it will be checked, and reported here. By myself I would not have started: `missing_scope`.");
        assert_eq!(t.job(1).await.state.kind(), StateKind::Queued);
        assert_eq!(t.assigns("walt", 1, &["ezra", "anna"]).await, [""; 0], "nothing new");
        assert_eq!(t.assigns("anna", 1, &["anna"]).await, [""; 0], "the card says it");
        assert_eq!(t.job(1).await.state.kind(), StateKind::Cancelled);
        assert_snapshot!(t.card(1), @r"
        **Cancelled by \@anna, who took its agent off**

        <details><summary>j1 · coder</summary>

        | UTC | |
        |---|---|
        | 12:00:00 | asked by walt |
        | 12:00:00 | cancelled by anna, who took its agent off |

        </details>
        ");
        t.polls().await;
        assert_eq!(t.said_in(1), [""; 0]);
        assert_eq!(t.sandbox.comments(DOOR, 1).unwrap().len(), 1);
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn what_no_webhook_tells_a_poll_finds() {
    talk(async |t| {
        t.introduce().await;
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        assert_eq!(t.assigns("walt", 1, &["ezra"]).await, [""; 0]);
        t.polls().await;
        assert_eq!(t.said_in(1).len(), 1);
        assert_eq!(t.job(1).await.state.kind(), StateKind::Queued);
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        assert_eq!(t.assigns("walt", 1, &[]).await, [""; 0]);
        assert_eq!(t.job(1).await.state.kind(), StateKind::Queued);
        t.polls().await;
        assert_eq!(t.job(1).await.state.kind(), StateKind::Cancelled);
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        assert_eq!(t.assigns("walt", 1, &["ezra"]).await, [""; 0]);
        t.polls().await;
        assert_eq!(t.said_in(1).len(), 1, "once more, by a new job");
        t.polls().await;
        assert_eq!(t.said_in(1).len(), 0);
        t.jobs_are_sound().await;
    })
    .await;
}

#[tokio::test]
async fn of_what_was_done_at_once_the_last_word_counts() {
    talk(async |t| {
        t.introduce().await;
        t.sandbox.assign("walt", DOOR, 1, &["ezra"]).unwrap();
        assert_eq!(t.assigns("walt", 1, &[]).await, [""; 0]);
        t.sandbox.assign("walt", DOOR, 1, &["ezra"]).unwrap();
        t.sandbox.assign("walt", DOOR, 1, &[]).unwrap();
        assert_eq!(t.assigns("walt", 1, &["ezra"]).await.len(), 1);
        t.polls().await;
        assert_eq!(t.said_in(1).len(), 0);
        assert_eq!(t.job(1).await.state.kind(), StateKind::Queued);
    })
    .await;
}

#[tokio::test]
async fn of_two_agents_the_first_gets_it_and_the_second_is_told() {
    talk_where(two_agents, async |t| {
        t.introduce().await;
        t.hires("bezalel");
        let said = t.assigns("walt", 1, &["ezra", "bezalel"]).await;
        assert_eq!(said.len(), 2, "{said:?}");
        let second =
            "You assigned `bezalel`: **not done: this is in work.** Queued for `ezra` (j1, ";
        assert!(said[1].starts_with(second), "{}", said[1]);
        t.polls().await;
        assert_eq!(t.said_in(1).len(), 0);
    })
    .await;
}

#[tokio::test]
async fn what_agents_and_timmy_do_is_nobodys_word() {
    talk(async |t| {
        t.introduce().await;
        for machine in ["ezra", "renovate", "timmy"] {
            assert_eq!(t.assigns(machine, 1, &["ezra"]).await, [""; 0], "{machine}");
            assert_eq!(t.assigns(machine, 1, &[]).await, [""; 0], "{machine}");
        }
        t.polls().await;
        assert_eq!(t.said_in(1).len(), 0);
    })
    .await;
}

#[tokio::test]
async fn who_may_not_is_told_once_in_one_line() {
    let strict = |config: Config| config.with("people.operators", ["anna"]);
    talk_where(strict, async |t| {
        t.introduce().await;
        let said = t.assigns("walt", 1, &["ezra"]).await;
        assert_snapshot!(said.join("\n---\n"), @r"You assigned `ezra`: **not done.** `assign` is for the operators of this fleet. \@alexander can do it, or give you the right (`people.operators` in my configuration).");
        t.polls().await;
        assert_eq!(t.said_in(1).len(), 0);
        assert_eq!(t.assigns("walt", 1, &[]).await.len(), 0);
        assert_eq!(t.assigns("anna", 1, &["ezra"]).await.len(), 1);
        assert_eq!(t.job(1).await.state.kind(), StateKind::Queued);
    })
    .await;
}

#[tokio::test]
async fn a_stranger_who_opens_a_pull_request_assigns_nobody_with_it() {
    talk(async |t| {
        t.introduce().await;
        let pull = t.sandbox.open_assigned_pull("rita", DOOR, ("Mine", "mine"), "ezra").unwrap();
        t.quiet().await;
        t.polls().await;
        let said = t.said_in(pull);
        assert_snapshot!(said.join("\n---\n"), @r"You assigned `ezra`: **not done.** `assign` is for people who may write to this repository. Here the forge does not tell me whether you may: if so, say it in a new comment. Otherwise \@alexander can do it, or give you the right (`people.operators` in my configuration).");
    })
    .await;
}

#[tokio::test]
async fn what_stands_in_the_way_is_said_behind_what_was_done() {
    talk(async |t| {
        t.introduce().await;
        t.ask("walt", "/timmy hold").await;
        let said = t.assigns("walt", 1, &["ezra"]).await;
        assert_snapshot!(said.join("\n---\n"), @"You assigned `ezra`: **not done.** It is on hold: `/timmy unhold` ends that.");
    })
    .await;
}

#[tokio::test]
async fn to_ask_an_agent_for_a_review_gives_it_one_and_to_take_that_back_cancels() {
    talk_where(two_agents, async |t| {
        t.introduce().await;
        t.hires("bezalel");
        let pull = t.proposes("walt", "Oil the hinges", "They squeak.").await;
        let said = t.asks("anna", pull, ("bezalel", true)).await;
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains("`bezalel`") && said[0].contains("as reviewer"), "{}", said[0]);
        let job = t.review_job(pull).await;
        assert_eq!(job.spec.purpose, Purpose::Review);
        assert_eq!(job.state.kind(), StateKind::Queued);
        assert_eq!(t.asks("anna", pull, ("bezalel", false)).await, [""; 0]);
        assert_eq!(t.review_job(pull).await.state.kind(), StateKind::Cancelled);
        let said = t.asks("anna", pull, ("ezra", true)).await;
        assert_snapshot!(said.join("\n---\n"), @"You asked `ezra` for a review: **not done.** `ezra` does not hold the role `reviewer`, but `coder`. `/timmy assign auto role=reviewer` looks for one that does.");
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        assert_eq!(t.asks("walt", pull, ("bezalel", true)).await, [""; 0]);
        t.polls().await;
        assert_eq!(t.said_in(pull).len(), 1, "found by a poll");
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        assert_eq!(t.asks("walt", pull, ("bezalel", false)).await, [""; 0]);
        t.polls().await;
        assert_eq!(t.review_job(pull).await.state.kind(), StateKind::Cancelled);
        t.polls().await;
        assert_eq!(t.said_in(pull).len(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_review_that_the_forge_itself_may_have_asked_for_is_nobodys_word() {
    talk_where(two_agents, async |t| {
        t.introduce().await;
        t.hires("bezalel");
        let owners = [("docs/CODEOWNERS", ".*\\.md @bezalel\n")];
        t.sandbox.commit("alexander", DOOR, "main", &owners, "Who looks").unwrap();
        let pull = t.proposes("walt", "Oil the hinges", "They squeak.").await;
        assert_eq!(t.asks("walt", pull, ("bezalel", true)).await, [""; 0], "walt opened it");
        t.polls().await;
        assert_eq!(t.said_in(pull).len(), 0);
        assert_eq!(t.asks("walt", pull, ("bezalel", false)).await, [""; 0]);
        assert_eq!(t.asks("anna", pull, ("bezalel", true)).await.len(), 1, "anna did not");
    })
    .await;
}

#[tokio::test]
async fn to_close_the_pull_request_of_a_job_unmerged_rejects_it() {
    for is_told in [true, false] {
        talk(async move |t| {
            let asked = judged(t, Verdict::Ask).await;
            let before = t.sandbox.comments(DOOR, 1).unwrap();
            t.reads(&before);
            if !is_told {
                t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
            }
            t.sandbox.set_open("anna", DOOR, asked.pull, false).unwrap();
            t.quiet().await;
            if !is_told {
                t.polls().await;
            }
            assert_eq!(asked.state().await, StateKind::Cancelled);
            let job = t.job(1).await;
            let closed = CancelReason::PullClosed { by: "anna".to_owned(), pull: asked.pull };
            assert!(
                matches!(&job.state, State::Cancelled(over) if over.reason == closed),
                "{:?}",
                job.state
            );
            let says = t.sandbox.comments(DOOR, 1).unwrap();
            let card = says.iter().find(|said| said.body.contains("cancelled by anna: `#2`"));
            let card = &card.expect("the card names who closed it").body;
            assert!(
                card.starts_with("**Cancelled by \\@anna: \\#2 was closed unmerged**"),
                "{card}"
            );
            assert!(card.contains("| cancelled by anna: `#2` was closed unmerged |"), "{card}");
            assert_eq!(
                t.said_in(1),
                ["**d1 is void,** since \\#2 was closed unmerged, by \\@anna."]
            );
            t.said_in(asked.pull);
            t.jobs_are_sound().await;
        })
        .await;
    }
}

#[tokio::test]
async fn of_two_ledgers_one_acts_on_a_gesture() {
    talk(async |t| {
        t.introduce().await;
        let mut other = t.second_timmy(t.sandbox.url()).await;
        for logins in [&["ezra"][..], &[], &["ezra"]] {
            t.sandbox.assign("walt", DOOR, 1, logins).unwrap();
            t.quiet().await;
            other.quiet().await;
            let said = t.said_in(1);
            assert!(said.len() <= 1, "{said:?}");
        }
        other.stop().await;
    })
    .await;
}
