//! Names are not people.

use insta::assert_snapshot;
use timmy::sandbox::Mode;

use crate::conversations::polling::stage::awake;
use crate::conversations::talk::talk;
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
async fn a_renamed_account_is_told_as_renamed() {
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
