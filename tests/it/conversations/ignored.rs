//! Whom timmy does not answer.

use timmy::sandbox::Version;

use crate::conversations::talk::{talk, talk_on, talk_where};
use crate::support::forge::{DOOR, TOYS};

#[tokio::test]
async fn ordinary_comments() {
    talk(async |t| {
        t.ignored("walt", "I had the same yesterday.").await;
        t.ignored("rita", "LGTM 👍").await;
        t.ignored("rando", "+1").await;
        assert!(t.sandbox.requests().iter().all(|r| r.method == "GET"));
    })
    .await;
}

#[tokio::test]
async fn its_own_comments() {
    talk(async |t| {
        t.ignored("timmy", "/timmy ping").await;
        t.ignored("timmy", "@timmy thanks").await;
    })
    .await;
}

#[tokio::test]
async fn agents_and_ignored_accounts() {
    talk(async |t| {
        t.ignored("ezra", "/timmy approve").await;
        t.ignored("ezra", "@timmy done").await;
        t.ignored("renovate", "/timmy priority p0").await;
    })
    .await;
}

/// A workflow may echo what strangers write, and since Gitea 1.26 a payload tells the rights of its
/// job: those of a writer, if it has them.
#[tokio::test]
async fn workflows() {
    for version in Version::ALL {
        talk_on(version, async |t| {
            t.sandbox.let_workflows_write(DOOR).unwrap();
            for text in ["/timmy priority p0", "/timmy pause all", "@timmy ping", "@timmy thanks"] {
                t.ignored("gitea-actions", text).await;
                t.says_unnoticed("gitea-actions", text).await;
                t.polls().await;
            }
            let number = t.opens(DOOR, "gitea-actions", "Nightly", "/timmy assign @anna").await;
            t.polls().await;
            assert!(t.sandbox.assignees(DOOR, number).unwrap().is_empty());
            assert!(t.labels().is_empty());
        })
        .await;
    }
}

#[tokio::test]
async fn a_strangers_talk_and_slips() {
    talk(async |t| {
        t.ignored("rando", "@timmy you are great").await;
        t.ignored("rando", "/timmy frobnicate").await;
        t.ignored("rando", "/timmy size huge").await;
    })
    .await;
}

#[tokio::test]
async fn repositories_that_are_not_watched() {
    talk(async |t| {
        let number = t.opens(TOYS, "rando", "A toy", "/timmy ping").await;
        t.says_in(TOYS, number, "rando", "/timmy ping");
        t.says_in(TOYS, number, "alexander", "/timmy ping");
        t.quiet().await;
        t.nothing_unread();
    })
    .await;
}

#[tokio::test]
async fn repositories_that_are_excepted() {
    talk_where(
        |config| config.with("gitea.except", ["foundation/d*"]),
        async |t| {
            t.ignored("walt", "/timmy ping").await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_comment_that_is_gone_before_it_was_claimed() {
    talk(async |t| {
        t.sandbox.faults().down();
        let id = t.says("walt", "/timmy hold");
        t.quiet().await;
        t.sandbox.delete_comment("walt", id).unwrap();
        t.sandbox.faults().up();
        t.wait(std::time::Duration::from_secs(600)).await;
        t.nothing_unread();
        assert_eq!(t.sandbox.comments(DOOR, 1).unwrap(), []);
    })
    .await;
}
