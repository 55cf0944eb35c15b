//! timmy's token while it runs.

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;
use timmy::sandbox::Scopes;

use crate::conversations::talk::{Talk, talk};
use crate::support::clock::{HOUR, MINUTE};
use crate::support::forge::{CELLAR, DOOR};

/// Two people speak in two threads, to a timmy that cannot answer; and once it can, it does.
async fn wait_for(t: &Talk, token: Option<Scopes>) -> String {
    t.opens(CELLAR, "walt", "Damp", "").await;
    t.sandbox.set_token(&t.timmy.token, token);
    let said = [DOOR, CELLAR].map(|repo| (repo, t.says_in(repo, 1, "walt", "/timmy ping")));
    t.quiet().await;
    let noted = t.timmy.noted().await;
    t.nothing_unread();
    t.sandbox.set_token(&t.timmy.token, Some(Scopes::all()));
    t.heals().await;
    for (repo, id) in said {
        t.answer_to(repo, 1, Subject::Comment(id));
    }
    assert_eq!(t.timmy.noted().await, "");
    noted
}

#[tokio::test]
async fn it_is_revoked() {
    talk(async |t| {
        assert_snapshot!(wait_for(t, None).await, @"the forge does not accept the token (invalid username, password or token): make a new one for the bot's account");
    })
    .await;
}

#[tokio::test]
async fn it_loses_the_scope_to_write() {
    talk(async |t| {
        let rest = Scopes::of("read:issue,read:repository,read:organization,read:user");
        assert_snapshot!(wait_for(t, Some(rest)).await, @"the token lacks the scope `write:issue`: make a new token that has it");
    })
    .await;
}

#[tokio::test]
async fn what_waited_for_it_is_done_as_soon_as_it_is_good_again() {
    talk(async |t| {
        t.opens(CELLAR, "walt", "Damp", "").await;
        t.sandbox.set_token(&t.timmy.token, None);
        let said = [DOOR, CELLAR].map(|repo| (repo, t.says_in(repo, 1, "walt", "/timmy ping")));
        t.quiet().await;
        for _ in 0..30 {
            t.wait(MINUTE).await;
        }
        t.sandbox.set_token(&t.timmy.token, Some(Scopes::all()));
        t.wait(MINUTE).await;
        for (repo, id) in said {
            t.answer_to(repo, 1, Subject::Comment(id));
        }
        assert_eq!(t.timmy.noted().await, "");
    })
    .await;
}

/// Polling takes it; answering what a webhook brought does not.
#[tokio::test]
async fn it_loses_a_scope_to_read() {
    talk(async |t| {
        t.sandbox.set_token(&t.timmy.token, Some(Scopes::of("write:issue,read:user")));
        t.wait(HOUR).await;
        assert_snapshot!(t.timmy.noted().await, @"the token lacks the scope `read:organization`: make a new token that has it");
        t.ask("walt", "/timmy ping").await;
        t.sandbox.set_token(&t.timmy.token, Some(Scopes::all()));
        t.heals().await;
        assert_eq!(t.timmy.noted().await, "");
    })
    .await;
}
