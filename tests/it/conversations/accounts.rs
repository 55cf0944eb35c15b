//! Names are not people.

use insta::assert_snapshot;
use timmy::sandbox::{Fault, Matcher, Mode};

use crate::conversations::polling::stage::{asleep, awake};
use crate::conversations::talk::{talk, talk_where};
use crate::support::clock::{MINUTE, PATIENCE};
use crate::support::forge::DOOR;

#[tokio::test]
async fn whoever_takes_the_owners_name_is_not_the_owner() {
    talk(async |t| {
        t.sandbox.rename_user("alexander", "alex").unwrap();
        t.sandbox.rename_user("rando", "alexander").unwrap();
        assert_snapshot!(t.ask("alexander", "/timmy pause all").await, @r"**Not done.** I take commands from collaborators of this repository, members of its organisation and people named in my configuration. \@alex can let you in. I say this once a day.");
        assert_snapshot!(t.ask("alex", "/timmy pause all").await, @"**Paused:** nothing new starts anywhere until `/timmy resume all`.");
    })
    .await;
}

#[tokio::test]
async fn that_happens_while_timmy_sleeps() {
    let mut stage = awake().await;
    stage.timmy.stop().await;
    stage.sandbox.rename_user("alexander", "alex").unwrap();
    stage.sandbox.rename_user("rando", "alexander").unwrap();
    stage.sandbox.collaborator(DOOR, "alexander", Mode::Read).unwrap();
    stage.wake().await;
    let id = stage.says("alexander", "/timmy hold");
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    assert!(stage.reply(&format!("c{id}")).starts_with("**Not done.** `hold` is for"));
    assert_snapshot!(stage.timmy.noted().await, @"people.owner names alexander, which is another account than before: number 6, and it was number 2; it has no right by that name: the one that was meant is called alex: write alex into people.owner and start timmy again; or, if the new account is the right one, stop timmy serve, say timmy doctor --accept-account alexander, and start it again");
}

#[tokio::test]
async fn a_renamed_account_is_reported_as_renamed() {
    let stage = awake().await;
    stage.sandbox.rename_user("anna", "anne").unwrap();
    stage.wait(61 * MINUTE).await;
    assert_snapshot!(stage.timmy.noted().await, @"people.approvers names anna, which is called anne now: it is still the one that is meant: write anne into people.approvers and start timmy again");
}

#[tokio::test]
async fn an_account_that_was_made_again_is_another() {
    let stage = awake().await;
    stage.sandbox.delete_user("anna").unwrap();
    stage.sandbox.add_user("anna");
    stage.wait(61 * MINUTE).await;
    assert_snapshot!(stage.timmy.noted().await, @"people.approvers names anna, which is another account than before: number 10, and it was number 3; it has no right by that name: if the new account is the right one: stop timmy serve, say timmy doctor --accept-account anna, and start it again");
}

#[tokio::test]
async fn nor_are_the_issues_of_that_other_handed_out() {
    talk_where(|config| config.with("dispatch.authors", ["anna"]), async |t| {
        t.sandbox.delete_user("anna").unwrap();
        t.sandbox.add_user("anna");
        t.wait(61 * MINUTE).await;
        let text = "The hinge of the front door squeaks whenever somebody opens it in the morning, \
                    and the whole house wakes up.";
        let number = t.opens(DOOR, "anna", "Oil the hinge", text).await;
        let why = t.ask("rita", &format!("/timmy why #{number}")).await;
        assert!(why.contains("author_not_allowed"), "{why}");
    })
    .await;
}

/// As that of a hidden account.
#[tokio::test]
async fn an_agent_whose_page_cannot_be_read_is_known_by_what_it_writes() {
    let mut stage = asleep().await;
    let page = Matcher::method_path("GET", "/users/ezra");
    stage.sandbox.faults().rate(1, page, 1000, Fault::ErrorAfter);
    stage.wake().await;
    stage.says("ezra", "Done.");
    stage.wait(MINUTE).await;
    stage.sandbox.rename_user("ezra", "ezra-2").unwrap();
    stage.says("ezra-2", "/timmy hold");
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    assert!(stage.answered().is_empty());
}

#[tokio::test]
async fn one_page_that_cannot_be_read_does_not_hide_the_others() {
    let mut stage = asleep().await;
    let page = Matcher::method_path("GET", "/users/alexander");
    stage.sandbox.faults().rate(1, page, 1000, Fault::ErrorAfter);
    stage.wake().await;
    stage.sandbox.rename_user("anna", "anne").unwrap();
    stage.wait(61 * MINUTE).await;
    assert_eq!(stage.timmy.noted().await.lines().count(), 1);
    stage.ask("rita", "/timmy ping").await;
}

#[tokio::test]
async fn a_renamed_agent_does_not_command_nor_what_took_its_name() {
    talk(async |t| {
        t.says("ezra", "/timmy hold");
        t.sandbox.rename_user("ezra", "ezra-2").unwrap();
        t.quiet().await;
        t.ignored("ezra-2", "/timmy hold").await;
        t.sandbox.rename_user("walt", "ezra").unwrap();
        t.ignored("ezra", "/timmy hold").await;
        t.sandbox.rename_user("renovate", "renovate-2").unwrap();
        t.ignored("renovate-2", "/timmy hold").await;
    })
    .await;
}
