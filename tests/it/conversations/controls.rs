//! The owner's word on the whole fleet: who approves, what rests.

use insta::assert_snapshot;

use crate::conversations::talk::talk;
use crate::support::clock::DAY;
use crate::support::forge::{CELLAR, TOYS};

#[tokio::test]
async fn who_approves_in_the_owners_place_does_so_for_seven_days() {
    talk(async |t| {
        let refused = t.ask("rita", "/timmy approve").await;
        assert!(refused.starts_with("**Not done.** `approve` is for the approvers"), "{refused}");
        assert_snapshot!(t.ask("alexander", "/timmy delegate @Rita").await, @r"**\@rita may approve** in all repositories until Mon 30 Nov, 12:00 UTC. `/timmy undelegate @rita` takes it back.");
        let reply = t.ask("rita", "/timmy approve").await;
        assert!(reply.contains("Nothing waits for an answer here"), "{reply}");
        // An approver may steer, too.
        assert_snapshot!(t.ask("rita", "/timmy size s").await, @"Now size **s**.");
        t.wait(7 * DAY).await;
        assert_eq!(t.ask("rita", "/timmy approve").await, refused);
    })
    .await;
}

#[tokio::test]
async fn it_holds_for_a_stranger_and_in_all_repositories() {
    talk(async |t| {
        t.opens(CELLAR, "walt", "It is dark", "").await;
        t.ask("alexander", "/timmy delegate @rando until=2026-12-01\n/timmy delegate @walt").await;
        for reply in [
            t.ask("rando", "/timmy approve").await,
            t.ask_in(CELLAR, 1, "walt", "/timmy approve").await,
        ] {
            assert!(reply.contains("Nothing waits for an answer here"), "{reply}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_new_term_takes_the_place_of_the_old_one() {
    talk(async |t| {
        t.ask("alexander", "/timmy delegate @walt").await;
        assert_snapshot!(t.ask("alexander", "/timmy delegate @walt until=2026-11-25").await, @r"**\@walt may approve** in all repositories until Wed 25 Nov, 00:00 UTC, was until Mon 30 Nov, 12:00 UTC. `/timmy undelegate @walt` takes it back.");
        t.wait(2 * DAY).await;
        let refused = t.ask("walt", "/timmy approve").await;
        assert!(refused.starts_with("**Not done.** `approve` is for the approvers"), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn the_owner_takes_it_back() {
    talk(async |t| {
        t.ask("alexander", "/timmy delegate @rita").await;
        assert_snapshot!(t.ask("alexander", "/timmy undelegate @RITA").await, @r"**\@rita may no longer approve** in your place.");
        let refused = t.ask("rita", "/timmy approve").await;
        assert!(refused.starts_with("**Not done.** `approve` is for the approvers"), "{refused}");
        assert_snapshot!(t.ask("alexander", "/timmy undelegate @rita").await, @r"Nothing to do: nothing was delegated to \@rita.");
        assert_snapshot!(t.ask("alexander", "/timmy undelegate @nobody").await, @r"Nothing to do: nothing was delegated to \@nobody.");
    })
    .await;
}

#[tokio::test]
async fn not_to_everybody() {
    talk(async |t| {
        assert_snapshot!(t.ask("alexander", "/timmy delegate @ezra").await, @r"**Not done.** I take no commands from \@ezra: the account belongs to an agent, or is one that I am to ignore.");
        assert_snapshot!(t.ask("alexander", "/timmy delegate @renovate").await, @r"**Not done.** I take no commands from \@renovate: the account belongs to an agent, or is one that I am to ignore.");
        assert_snapshot!(t.ask("alexander", "/timmy delegate @Timmy").await, @r"**Not done.** I take no commands from \@timmy: that is me.");
        assert_snapshot!(t.ask("alexander", "/timmy delegate @nobody").await, @r"**Not done.** The forge knows no account \@nobody.");
        assert_snapshot!(t.ask("alexander", "/timmy delegate @anna").await, @r"Nothing to do: \@anna may approve anyway.");
        assert_snapshot!(t.ask("alexander", "/timmy delegate @alexander").await, @r"Nothing to do: \@alexander may approve anyway.");
        assert_snapshot!(t.ask("alexander", "/timmy delegate @walt until=2026-11-23").await, @"**Not done.** `2026-11-23` has already begun: name a later day.");
        let refused = t.ask("walt", "/timmy approve").await;
        assert!(refused.starts_with("**Not done.** `approve` is for the approvers"), "{refused}");
    })
    .await;
}

#[tokio::test]
async fn only_the_owner_governs() {
    talk(async |t| {
        t.ask("alexander", "/timmy delegate @rita").await;
        for command in ["delegate @walt", "undelegate @rita", "pause all", "resume all"] {
            for who in ["anna", "rita"] {
                let refused = t.ask(who, &format!("/timmy {command}")).await;
                assert!(refused.contains("is for the owner of this fleet."), "{refused}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn all_rests() {
    talk(async |t| {
        assert_snapshot!(t.ask("alexander", "/timmy pause all").await, @"**Paused:** nothing new starts anywhere until `/timmy resume all`.");
        t.wait(DAY).await;
        assert_snapshot!(t.ask("alexander", "/timmy pause all").await, @r"Already paused since Mon 23 Nov, 12:00 UTC, by \@alexander. `/timmy resume all` ends it.");
        let status = t.ask("rita", "/timmy status").await;
        assert_snapshot!(status.lines().next().unwrap(), @r"**Paused** since Mon 23 Nov, 12:00 UTC, by \@alexander: nothing new starts anywhere.");
        assert_snapshot!(t.gist("rita", "/timmy why").await, @r"
        **Nothing starts here:** the whole fleet is paused since Mon 23 Nov, 12:00 UTC, by \@alexander. `/timmy resume all` ends that.

        All that stands in the way: `paused`, `missing_scope`.
        ");
        t.ask("walt", "/timmy hold").await;
        assert_snapshot!(t.gist("rita", "/timmy why").await, @r"
        **Nothing starts here:** it is on hold since Tue 24 Nov, 12:00 UTC, by \@walt. `/timmy unhold` frees it.

        All that stands in the way: `hold`, `paused`, `missing_scope`.
        ");
        assert_snapshot!(t.ask("alexander", "/timmy resume all").await, @"**Resumed:** the whole fleet.");
        assert_snapshot!(t.ask("alexander", "/timmy resume all").await, @"Nothing to do: the whole fleet was not paused.");
    })
    .await;
}

#[tokio::test]
async fn a_repository_rests() {
    talk(async |t| {
        t.opens(CELLAR, "walt", "It is dark", "").await;
        assert_snapshot!(t.gist("alexander", "/timmy pause Foundation/Door\n/timmy why").await, @r"
        - `/timmy pause Foundation/Door`: **paused:** nothing new starts in `foundation/door` until `/timmy resume foundation/door`.
        - `/timmy why`: **nothing starts here:** `foundation/door` is paused since Mon 23 Nov, 12:00 UTC, by \@alexander. `/timmy resume foundation/door` ends that.
        ");
        let elsewhere = t.ask_in(CELLAR, 1, "rita", "/timmy why").await;
        assert!(!elsewhere.contains("`paused`"), "{elsewhere}");
        let text = "/timmy pause all\n/timmy resume foundation/door";
        assert_snapshot!(t.ask_in(CELLAR, 1, "alexander", text).await, @r"
        - `/timmy pause all`: **paused:** nothing new starts anywhere until `/timmy resume all`.
        - `/timmy resume foundation/door`: **resumed:** `foundation/door`. The whole fleet is still paused: `/timmy resume all` ends that.
        ");
    })
    .await;
}

#[tokio::test]
async fn a_repository_that_cannot_be_named_or_is_not_watched_is_not_found() {
    talk(async |t| {
        t.opens(CELLAR, "walt", "It is dark", "").await;
        assert_snapshot!(t.ask("alexander", "/timmy pause foundation/cellar").await, @"**Not found:** `foundation/cellar`. It does not exist, or cannot be shown to everybody who reads this thread.");
        for repo in ["foundation/nothing", TOYS] {
            let answer = t.ask("alexander", &format!("/timmy resume {repo}")).await;
            assert!(answer.starts_with("**Not found:**"), "{answer}");
        }
        let there = t.ask_in(CELLAR, 1, "alexander", "/timmy pause foundation/cellar").await;
        assert!(there.starts_with("**Paused:**"), "{there}");
    })
    .await;
}

#[tokio::test]
async fn an_agent_rests() {
    talk(async |t| {
        assert_snapshot!(t.ask("alexander", "/timmy pause Ezra").await, @"**Paused:** `ezra` starts nothing new until `/timmy resume ezra`.");
        assert_snapshot!(t.ask("alexander", "/timmy pause ezar").await, @"**Not done.** I know no agent `ezar`. Did you mean `/timmy pause ezra`?");
        assert_snapshot!(t.ask("alexander", "/timmy resume bezalel").await, @"**Not done.** I know no agent `bezalel`. `/timmy agents` lists them.");
        assert_snapshot!(t.ask("alexander", "/timmy resume ezra").await, @"**Resumed:** `ezra`.");
        assert_snapshot!(t.ask("alexander", "/timmy resume ezra").await, @"`ezra` was not paused. What it left until now is held against it no longer.");
    })
    .await;
}

#[tokio::test]
async fn what_is_misspelt_says_what_would_have_worked() {
    talk(async |t| {
        assert_snapshot!(t.ask("alexander", "/timmy delegate anna").await, @"**Not done.** `anna` is not an account such as `@anna`.");
        assert_snapshot!(t.ask("alexander", "/timmy pause").await, @"**Not done.** Something is missing: the form is `/timmy pause agent, o/r or all`.");
        assert_snapshot!(t.ask("alexander", "/timmy delegate @anna untill=2026-12-01").await, @"**Not done.** There is no `untill=` here: write `/timmy delegate @user [until=date]`. Did you mean `/timmy delegate @anna until=2026-12-01`?");
    })
    .await;
}

#[tokio::test]
async fn what_is_spent_and_may_be() {
    talk(async |t| {
        assert_snapshot!(t.ask("alexander", "/timmy budget").await, @"**0.00 USD of 50.00 USD is spent or set aside today**, and 0.00 USD of 2.00 USD on this.");
        assert_snapshot!(t.ask("alexander", "/timmy budget 5usd").await, @"Nothing to do: no agent was ever given this. `/timmy assign auto` gives it to one.");
        assert_snapshot!(t.ask("alexander", "/timmy budget 80usd scope=agent:ezra").await, @"**Today `ezra` may spend 80.00 USD.** From Tue 24 Nov, 00:00 UTC on it is again what my configuration says. What waits for it starts now.");
        for line in ["/timmy budget 5usd scope=repo:foundation/door", "/timmy budget scope=repo:o/r"] {
            assert_eq!(t.ask("alexander", line).await, "**Not done.** A repository has no budget of its own: I count by issue, by agent and day, and by day. `/timmy budget` shows them.");
        }
        assert_snapshot!(t.ask("walt", "/timmy budget").await, @r"**Not done.** `budget` is for the owner of this fleet. \@alexander can do it.");
    })
    .await;
}
