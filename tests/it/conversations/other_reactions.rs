//! A server that is set to other reactions than Gitea's usual ones: `[ui] REACTIONS` in its app.ini.

use timmy::core::model::ids::Subject;

use crate::conversations::talk::{Talk, talk};
use crate::support::clock::HOUR;
use crate::support::forge::DOOR;

/// walt says a command, which runs and is answered; the reactions to it.
async fn claimed(t: &Talk, text: &str) -> Vec<String> {
    let subject = Subject::Comment(t.says("walt", text));
    t.quiet().await;
    t.unclaimed_answer_to(DOOR, 1, subject);
    seen(t, subject)
}

/// The reactions to it.
fn seen(t: &Talk, subject: Subject) -> Vec<String> {
    let given = t.sandbox.reactions(subject).into_iter();
    given.inspect(|(_, content)| t.saw(subject, content)).map(|(_, content)| content).collect()
}

#[tokio::test]
async fn a_text_is_claimed_by_the_first_reaction_that_is_allowed() {
    talk(async |t| {
        t.sandbox.allow_reactions(&["+1", "-1", "heart"]);
        assert_eq!(claimed(t, "/timmy size s").await, ["+1"]);
        let asked = t.sandbox.requests().len();
        assert_eq!(claimed(t, "/timmy size m").await, ["+1"]);
        let requests = t.sandbox.requests();
        assert!(requests[asked..].iter().all(|one| !one.path.ends_with("settings/ui")));
        let number = t.opens(DOOR, "alexander", "Oil it", "/timmy size s").await;
        assert_eq!(t.sandbox.labels(DOOR, number).unwrap(), ["size/s"]);
        let subject = t.sandbox.issue_subject(DOOR, number).unwrap();
        t.unclaimed_answer_to(DOOR, number, subject);
        assert_eq!(seen(t, subject), ["+1"]);
        // There is no look for talk, and nothing is wrong.
        t.ignored("walt", "@timmy thanks!").await;
        // The server is set otherwise.
        t.sandbox.allow_reactions(&["heart", "rocket"]);
        assert_eq!(claimed(t, "/timmy size l").await, ["heart"]);
        t.sandbox.allow_reactions(&["heart", "eyes"]);
        t.wait(HOUR * 2).await;
        assert_eq!(claimed(t, "/timmy size xl").await, ["eyes"]);
    })
    .await;
}

#[tokio::test]
async fn where_none_is_allowed_the_ledger_alone_claims() {
    talk(async |t| {
        t.sandbox.allow_reactions(&[]);
        assert_eq!(claimed(t, "/timmy size s").await, [""; 0]);
        assert_eq!(claimed(t, "/timmy size m").await, [""; 0]);
        assert_eq!(t.labels(), ["size/m"]);
        t.ignored("walt", "@timmy thanks!").await;
    })
    .await;
}

#[tokio::test]
async fn a_second_ledger_sees_that_claim_as_well() {
    talk(async |t| {
        t.sandbox.allow_reactions(&["heart", "+1"]);
        let mut other = t.second_timmy(t.sandbox.url()).await;
        let subject = Subject::Comment(t.says("walt", "/timmy ping"));
        t.quiet().await;
        other.quiet().await;
        t.unclaimed_answer_to(DOOR, 1, subject);
        assert_eq!(seen(t, subject), ["heart"]);
        other.stop().await;
    })
    .await;
}
