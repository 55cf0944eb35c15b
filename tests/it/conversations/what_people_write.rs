//! Lines that people really write: what is meant is done, what is not is left alone.

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;

use crate::conversations::talk::talk;
use crate::support::clock::HOUR;
use crate::support::forge::{CELLAR, DOOR, TOYS, add_repo};

#[tokio::test]
async fn behind_an_at_people_talk() {
    talk(async |t| {
        for text in [
            "@timmy hold on, I am still testing",
            "@timmy hold off",
            "@timmy yes that was it, thanks",
            "@timmy no worries, take your time",
            "@timmy next week is fine",
            "@timmy status is still red",
            "@timmy, why did you choose that?",
            "@timmy approve #12",
            "@timmy well done!",
        ] {
            t.puzzled("alexander", text).await;
        }
        assert_snapshot!(t.gist("walt", "/timmy status").await, @"**Nothing is running here.**");
    })
    .await;
}

#[tokio::test]
async fn behind_an_at_a_command_is_one_all_the_same() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "@timmy hold").await, @"**On hold** until `/timmy unhold`.");
        assert_snapshot!(t.ask("walt", "@timmy size huge").await, @"**Not done.** `huge` is not `xs`, `s`, `m`, `l` or `xl`.");
        assert_snapshot!(t.ask("alexander", "@timmy approve d7 ship it").await, @"**Not done.** There is no d7, or it is not for the readers of this thread.");
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_hold_is_no_reason_for_one() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy hold cancel").await, @"**Not done.** `cancel` is not a reason to hold. Did you mean `/timmy unhold`?");
        assert_snapshot!(t.ask("walt", "/timmy hold off").await, @"**Not done.** `off` is not a reason to hold. Did you mean `/timmy unhold`?");
        assert_snapshot!(t.ask("walt", "/timmy unhold").await, @"Nothing to do: this was neither on hold nor snoozed.");
    })
    .await;
}

#[tokio::test]
async fn a_second_hold_keeps_the_date_of_the_first() {
    talk(async |t| {
        t.ask("walt", "/timmy hold until Monday").await;
        t.wait(2 * HOUR).await;
        assert_snapshot!(t.ask("anna", "/timmy hold until the lock is here").await, @r"**On hold** until `/timmy unhold`, in place of the hold by \@walt (until Monday), whose date it keeps.");
        assert_snapshot!(t.gist("rita", "/timmy status").await, @r"**On hold** since Mon 23 Nov, 12:00 UTC, by \@anna (until the lock is here).");
        assert_snapshot!(t.ask("walt", "/timmy hold").await, @r"**On hold** until `/timmy unhold`, in place of the hold by \@anna (until the lock is here), whose date it keeps.");
        t.ask("walt", "/timmy unhold").await;
        assert_snapshot!(t.ask("walt", "/timmy hold").await, @"**On hold** until `/timmy unhold`.");
        assert_snapshot!(t.gist("rita", "/timmy status").await, @r"**On hold** since Mon 23 Nov, 14:00 UTC, by \@walt.");
    })
    .await;
}

#[tokio::test]
async fn blanks_before_a_command_are_blanks() {
    talk(async |t| {
        for text in ["\u{A0}/timmy size s", " \u{2003}/timmy size s", "\u{3000}@timmy size s"] {
            assert!(t.ask("walt", text).await.contains("size **s**"), "{text:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_nobody_sees_before_a_command_is_refused() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "\u{200B}/timmy ping").await, @"**Not done.** The line holds U+200B ZERO WIDTH SPACE, which nobody can see, so I did not run it. Type the line anew.");
        assert_snapshot!(t.ask("walt", "Look.\n\n\u{2060}/timmy ping\n/timmy size s").await, @"
        - `/timmy ping`: **not done.** The line holds U+2060 WORD JOINER, which nobody can see, so I did not run it. Type the line anew.
        - `/timmy size s`: now size **s**.
        ");
        assert_snapshot!(t.ask("walt", "\u{A0}\u{202E}/timmy ping").await, @"**Not done.** The line holds U+202E RIGHT-TO-LEFT OVERRIDE, which nobody can see, so I did not run it. Type the line anew.");
        t.ignored("rando", "\u{200B}/timmy ping").await;
    })
    .await;
}

/// The two versions of the line look the same, and only one of them is a command.
#[tokio::test]
async fn an_edit_that_takes_away_what_nobody_sees_is_heard() {
    talk(async |t| {
        let id = t.says("walt", "\u{200B}/timmy size s");
        t.quiet().await;
        t.replies();
        t.saw(Subject::Comment(id), "eyes");
        t.sandbox.edit_comment("walt", id, "/timmy size s").unwrap();
        t.quiet().await;
        assert_eq!(t.replies(), ["Now size **s**."]);
    })
    .await;
}

#[tokio::test]
async fn curly_quotes_are_quotes() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy assign auto role=“code owner”").await, @"**Not done.** Nobody holds the role `code owner`. There is `coder`.");
    })
    .await;
}

#[tokio::test]
async fn assign_me_is_whoever_says_so() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy assign me").await, @r"Assigned to **\@walt**.");
        assert_snapshot!(t.ask("anna", "/timmy assign Me").await, @r"Assigned to **\@anna**.");
        assert_snapshot!(t.ask("walt", "/timmy assign me").await, @r"Already assigned: \@walt.");
        assert_eq!(t.assignees(), ["walt", "anna"]);
    })
    .await;
}

#[tokio::test]
async fn a_person_without_the_at_is_no_agent() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy assign anna").await, @"**Not done.** I know no agent `anna`. Did you mean `/timmy assign @anna`?");
        assert_snapshot!(t.ask("walt", "/timmy assign ANNA role=coder").await, @"**Not done.** I know no agent `anna`. Did you mean `/timmy assign @anna`?");
        assert_snapshot!(t.ask("walt", "/timmy assign ezrra").await, @"**Not done.** I know no agent `ezrra`. Did you mean `/timmy assign ezra`?");
        assert_snapshot!(t.ask("walt", "/timmy assign rando").await, @"**Not done.** I know no agent `rando`. `/timmy agents` lists them.");
        assert_snapshot!(t.ask("walt", "/timmy assign nobodyatall").await, @"**Not done.** I know no agent `nobodyatall`. `/timmy agents` lists them.");
        assert!(t.assignees().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_person_is_assigned_where_that_is_said() {
    talk(async |t| {
        let other = t.opens(DOOR, "walt", "Oil the hinges", "").await;
        let ask = async |who: &str| t.ask("walt", &format!("/timmy assign {who} on=#{other}")).await;
        assert_snapshot!(ask("@anna").await, @r"\#2 is assigned to **\@anna**.");
        assert_snapshot!(ask("@Anna").await, @r"Already assigned to \#2: \@anna.");
        assert_snapshot!(ask("me").await, @r"\#2 is assigned to **\@walt**.");
        assert_snapshot!(ask("@nobody").await, @r"**Not done.** \@nobody cannot be assigned to \#2: the account must exist and have access to its repository.");
        assert_snapshot!(ask("@anna role=coder").await, @"**Not done.** `role=` and `budget=` are for agents, and `@anna` is none. Did you mean `/timmy assign @anna on=#2`?");
        assert_eq!(t.sandbox.assignees(DOOR, other).unwrap(), ["anna", "walt"]);
        assert!(t.assignees().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_person_is_assigned_elsewhere_by_the_rights_there() {
    talk(async |t| {
        const INFRA: &str = "foundation/infra";
        add_repo(&t.sandbox, INFRA, &["timmy", "anna"]);
        let issue = t.opens(INFRA, "alexander", "Disk alarm", "").await;
        let line = format!("/timmy assign @anna on={INFRA}#{issue}");
        assert_snapshot!(t.ask("walt", &line).await, @r"**Not done.** `assign` is for people who may write to this repository. \@alexander can do it, or give you the right (`people.operators` in my configuration).");
        assert!(t.sandbox.assignees(INFRA, issue).unwrap().is_empty());
        assert_snapshot!(t.ask("alexander", &line).await, @r"foundation/infra\#1 is assigned to **\@anna**.");
        assert_eq!(t.sandbox.assignees(INFRA, issue).unwrap(), ["anna"]);
        let hidden = t.opens(CELLAR, "rita", "Rats", "").await;
        let line = format!("/timmy assign @anna on={CELLAR}#{hidden}");
        assert_snapshot!(t.ask("alexander", &line).await, @"**Not found:** `foundation/cellar#1`. It does not exist, or cannot be shown to everybody who reads this thread.");
        t.sandbox.open_issue("rando", TOYS, "The ball is flat", "").unwrap();
        let line = format!("/timmy assign me on={TOYS}#1");
        assert_snapshot!(t.ask("alexander", &line).await, @"**Not done.** I do not watch that repository: `gitea.watch` in my configuration names what I do.");
        assert!(t.sandbox.assignees(TOYS, 1).unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_the_forge_refuses_elsewhere_is_said_here() {
    talk(async |t| {
        const INFRA: &str = "foundation/infra";
        add_repo(&t.sandbox, INFRA, &["anna"]);
        let issue = t.opens(INFRA, "alexander", "Disk alarm", "").await;
        let line = format!("/timmy assign @anna on={INFRA}#{issue}");
        assert_snapshot!(t.ask("alexander", &line).await, @"**Not done:** the forge forbids it: check what the bot's account may do there.");
        assert!(t.sandbox.assignees(INFRA, issue).unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_yes_with_conditions_is_none() {
    talk(async |t| {
        for text in [
            "/timmy approve not before friday",
            "/timmy yes, but only after Anna looked",
            "/timmy approve #12",
        ] {
            let answer = t.ask("alexander", text).await;
            assert_eq!(answer, "**Not done.** Nothing waits for an answer here.", "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn two_answers_to_one_question_are_none() {
    talk(async |t| {
        let both = "> Merge #58?\n\nok\n\n/timmy approve d7\n/timmy reject d7 why";
        assert_snapshot!(t.ask("alexander", both).await, @"
        **Nothing done.** This comment answers d7 twice: `approve` and `reject`. A mail program may have repeated my lines. Please send only the one that you mean:

        ```
        /timmy approve d7
        /timmy reject d7 why
        ```
        ");
        let more = "/timmy approve\n/timmy size s\n/timmy revise d7 `x`\n/timmy yes d7";
        assert_snapshot!(t.ask("alexander", more).await, @"
        - `/timmy approve`: **nothing done.** This comment answers d7 3 times: `approve` and `revise`. A mail program may have repeated my lines. Please send only the one that you mean:
        - `/timmy size s`: now size **s**.

        <details><summary>/timmy approve</summary>

        ```
        /timmy approve
        /timmy revise d7 `x`
        /timmy yes d7
        ```

        </details>
        ");
        assert_eq!(t.labels(), ["size/s"]);
        assert_snapshot!(t.ask("alexander", "/timmy yes\n/timmy no").await, @"
        **Nothing done.** This comment answers one question twice: `approve` and `reject`. A mail program may have repeated my lines. Please send only the one that you mean:

        ```
        /timmy yes
        /timmy no
        ```
        ");
        let others = "/timmy approve d7\n/timmy reject d8";
        assert_snapshot!(t.ask("alexander", others).await, @"
        - `/timmy approve d7`: **not done.** There is no d7, or it is not for the readers of this thread.
        - `/timmy reject d8`: **not done.** There is no d8, or it is not for the readers of this thread.
        ");
        assert_snapshot!(t.ask("walt", both).await, @r"
        - `/timmy approve d7`: **not done.** `approve` is for the approvers of this fleet (\@anna). \@alexander can do it, or give you the right (`people.approvers` in my configuration).
        - `/timmy reject d7 why`: **not done.** `reject` is for the approvers of this fleet (\@anna). \@alexander can do it, or give you the right (`people.approvers` in my configuration).
        ");
    })
    .await;
}
