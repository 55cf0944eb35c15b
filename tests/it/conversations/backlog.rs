//! What is next, why, and who would get it.

use insta::assert_snapshot;
use timmy::sandbox::Mode;

use crate::conversations::talk::{Talk, talk, talk_where};
use crate::support::clock::{HOUR, MINUTE};
use crate::support::forge::{CELLAR, DOOR, TOYS};

/// A text that says what is to be done.
const CLEAR: &str = "The hinge of the front door squeaks whenever somebody opens it in the \
    morning, and the whole house wakes up.\n\n- [ ] oil it\n\nDone when nobody wakes up from `hinge`.";

/// Three issues that are ready, one of them in a private repository, beside the door's first one,
/// whose text says too little.
async fn furnish(t: &Talk) {
    t.opens(DOOR, "walt", "Oil the hinge", CLEAR).await;
    t.opens(CELLAR, "walt", "Where the gold is", CLEAR).await;
    t.opens(DOOR, "walt", "Paint it `red` | anna", CLEAR).await;
    t.ask_in(CELLAR, 1, "walt", "/timmy priority p1").await;
    t.ask_in(DOOR, 3, "walt", "/timmy priority p2\n/timmy size xs").await;
    t.quiet().await;
}

#[tokio::test]
async fn the_queue_names_what_everybody_here_may_read() {
    talk(async |t| {
        furnish(t).await;
        assert_snapshot!(t.ask("rita", "/timmy queue").await, @r"
        **3 issues are ready**, 1 is not: 1 without scope.

        | | issue | score | priority | size | agent |
        |---:|---|---:|---|---|---|
        | 1 | \#3 Paint it \`red\` \| anna | 17.8 | p2 | xs | `ezra` |
        | 3 | \#2 Oil the hinge | 7.2 |  |  |  |

        `/timmy why #3` explains a place. 1 more is in a repository that cannot be named here.
        ");
        assert_snapshot!(t.ask_in(CELLAR, 1, "walt", "/timmy next 2").await, @r"
        **3 issues are ready**, 1 is not: 1 without scope.

        | | issue | score | priority | size | agent |
        |---:|---|---:|---|---|---|
        | 1 | foundation/door\#3 Paint it \`red\` \| anna | 17.8 | p2 | xs | `ezra` |
        | 2 | foundation/cellar\#1 Where the gold is | 16.3 | p1 |  |  |

        `/timmy why foundation/door#3` explains a place.
        ");
        assert_snapshot!(t.ask("rita", "/timmy queue repo=foundation/door").await, @r"
        **2 issues are ready** in `foundation/door`, 1 is not: 1 without scope.

        | | issue | score | priority | size | agent |
        |---:|---|---:|---|---|---|
        | 1 | \#3 Paint it \`red\` \| anna | 17.8 | p2 | xs | `ezra` |
        | 3 | \#2 Oil the hinge | 7.2 |  |  |  |

        `/timmy why #3` explains a place.
        ");
        assert_snapshot!(t.ask("rita", "/timmy queue repo=foundation/cellar").await, @"**Not found:** `foundation/cellar`. It does not exist, or cannot be shown to everybody who reads this thread.");
    })
    .await;
}

#[tokio::test]
async fn the_repository_of_the_report_shows_all_unless_everybody_may_read_it() {
    for is_private in [true, false] {
        talk_where(
            |config| config.with("report.repository", "foundation/office"),
            async |t| {
                furnish(t).await;
                t.sandbox.add_repo("foundation/office", is_private).unwrap();
                for login in ["timmy", "walt"] {
                    t.sandbox.collaborator("foundation/office", login, Mode::Write).unwrap();
                }
                let number = t.opens("foundation/office", "walt", "Buy a desk", CLEAR).await;
                let queue = t.ask_in("foundation/office", number, "walt", "/timmy queue").await;
                let gold = r"foundation/cellar\#1 Where the gold is";
                assert_eq!(queue.contains(gold), is_private, "{queue}");
            },
        )
        .await;
    }
}

#[tokio::test]
async fn a_plan_says_who_would_get_what() {
    talk(async |t| {
        furnish(t).await;
        assert_snapshot!(t.ask("rita", "/timmy plan").await, @r#"
        **1 issue would be handed out now.** I only suggest: `dispatch.mode = "suggest"`.

        | issue | agent | value | next best |
        |---|---|---:|---|
        | \#3 Paint it \`red\` \| anna | `ezra` | 4.1 |  |
        "#);
        assert_snapshot!(t.ask_in(CELLAR, 1, "walt", "/timmy plan ezra").await, @r#"
        **`ezra` would get foundation/door\#3** *Paint it \`red\` \| anna* now. I only suggest: `dispatch.mode = "suggest"`.

        | issue | agent | value | next best |
        |---|---|---:|---|
        | foundation/door\#3 Paint it \`red\` \| anna | `ezra` | 4.1 |  |
        "#);
        t.ask("alexander", "/timmy pause ezra").await;
        assert_snapshot!(t.ask("rita", "/timmy plan ezra").await, @r"**`ezra` would get nothing now:** it is paused since Mon 23 Nov, 12:00 UTC, by \@alexander.");
        assert_snapshot!(t.gist("rita", "/timmy why ezra").await, @r"**`ezra` gets nothing:** it is paused since Mon 23 Nov, 12:00 UTC, by \@alexander. `/timmy resume ezra` ends that. It holds the role coder. Its fit is **0.23**: no results yet.");
    })
    .await;
}

#[tokio::test]
async fn a_plan_says_how_far_it_goes() {
    talk_where(|config| config.with("dispatch.auto", ["*"]), async |t| {
        furnish(t).await;
        assert_snapshot!(t.gist("rita", "/timmy plan").await, @r#"
        **1 issue would be handed out now.** Where `dispatch.auto` says so, I start it by myself; all else I only suggest.

        | issue | agent | value | next best | starts |
        |---|---|---:|---|---|
        | \#3 Paint it \`red\` \| anna | `ezra` | 4.1 |  | when assigned |
        "#);
    })
    .await;
    talk_where(|config| config.with("dispatch.mode", "off"), async |t| {
        furnish(t).await;
        assert_snapshot!(t.gist("rita", "/timmy plan").await, @r#"
        **1 issue would be handed out now.** I hand out only what somebody assigns: `dispatch.mode = "off"`.

        | issue | agent | value | next best |
        |---|---|---:|---|
        | \#3 Paint it \`red\` \| anna | `ezra` | 4.1 |  |
        "#);
    })
    .await;
}

#[tokio::test]
async fn why_tells_a_place_and_what_it_comes_from() {
    talk(async |t| {
        furnish(t).await;
        t.wait(MINUTE).await;
        t.ask_in(DOOR, 1, "walt", "/timmy block #3").await;
        t.wait(MINUTE).await;
        assert_snapshot!(t.ask_in(DOOR, 3, "rita", "/timmy why").await, @r"
        **This is 1st of 3.** It scores **22.6**: `p2`, 1 issue waits for it, and 1 person spoke here. The next agent that fits: `ezra`.

        <details><summary>The numbers</summary>

        | | value | because | points |
        |---|---:|---|---:|
        | urgency | 0.40 | `priority/p2` | 14.0 |
        | value | 0.00 | no milestone, not pinned | 0.0 |
        | dependents | 0.24 | \#1 waits for this | 4.9 |
        | people | 0.25 | 1 person spoke here in 30 days | 3.8 |
        | age | 0.00 | open for 0 days | 0.0 |
        | readiness | ×&nbsp;1.00 | it says what, where, and when it is done |  |
        | size | ×&nbsp;1.00 | `size/xs` |  |
        | failures | ×&nbsp;1.00 | none |  |

        | agent | fit | |
        |---|---:|---|
        | `ezra` | 0.23 | no results yet |

        </details>
        ");
        assert_snapshot!(t.gist("rita", "/timmy why #2").await, @r"\#2 *Oil the hinge*: **3rd of 3.** It scores **7.2**: 1 person spoke there. The next agent that fits: `ezra` (no free slot).");
        assert_snapshot!(t.gist("rita", "/timmy why").await, @r"
        **Nothing starts here:** it waits for \#3. Close that, or `/timmy unblock #3`.

        All that stands in the way: `blocked`, `missing_scope`.
        ");
    })
    .await;
}

#[tokio::test]
async fn why_tells_a_circle_and_how_to_break_it() {
    talk(async |t| {
        furnish(t).await;
        t.wait(MINUTE).await;
        // timmy itself makes none.
        t.sandbox.let_wait("walt", DOOR, 2, (DOOR, 3)).unwrap();
        t.sandbox.let_wait("walt", DOOR, 3, (DOOR, 1)).unwrap();
        t.sandbox.let_wait("walt", DOOR, 1, (DOOR, 2)).unwrap();
        t.wait(MINUTE).await;
        assert_snapshot!(t.gist("rita", "/timmy why #2").await, @r"
        \#2 *Oil the hinge*: **Nothing starts there:** it waits for itself: \#2 → \#3 → \#1 → \#2. `/timmy unblock #3` there breaks the circle.

        Reason: `blocked`.
        ");
    })
    .await;
}

#[tokio::test]
async fn why_of_what_is_not_in_the_backlog() {
    talk(async |t| {
        t.opens(TOYS, "rando", "A toy", CLEAR).await;
        assert_snapshot!(t.ask("rita", "/timmy why rando/toys#1").await, @r"
        rando/toys\#1 *A toy*: **Nothing starts there:** I do not watch `rando/toys`. `gitea.watch` in my configuration names what I watch.

        Reason: `repo_not_watched`.
        ");
    })
    .await;
}

#[tokio::test]
async fn why_of_what_is_archived() {
    const ATTIC: &str = "foundation/attic";
    talk(async |t| {
        t.sandbox.add_repo(ATTIC, false).unwrap();
        t.sandbox.open_issue("alexander", ATTIC, "Dusty", CLEAR).unwrap();
        t.sandbox.archive(ATTIC, true).unwrap();
        t.wait(HOUR).await;
        assert_snapshot!(t.ask("rita", "/timmy why foundation/attic#1").await, @r"
        foundation/attic\#1 *Dusty*: **Nothing starts there:** `foundation/attic` is archived. Unarchive it in its settings, and I read it again.

        Reason: `repo_archived`.
        ");
    })
    .await;
}

#[tokio::test]
async fn an_agent_that_is_assigned_is_no_obstacle() {
    talk(async |t| {
        furnish(t).await;
        // Had a person done that, it would have been an order.
        t.sandbox.assign("timmy", DOOR, 2, &["ezra"]).unwrap();
        t.quiet().await;
        assert_snapshot!(t.gist_in(DOOR, 2, "rita", "/timmy why").await, @"**This is 3rd of 3.** It scores **7.2**: 1 person spoke here. The next agent that fits: `ezra` (no free slot).");
    })
    .await;
}

#[tokio::test]
async fn the_agents_and_what_they_would_get() {
    talk(async |t| {
        furnish(t).await;
        assert_snapshot!(t.ask("rita", "/timmy agents").await, @r"
        **1 agent**.

        | agent | state | roles | free | fit | rights here | next |
        |---|---|---|---:|---:|---|---|
        | `ezra` | not asked yet | coder | 1 of 1 | 0.23 | unknown | \#3 Paint it \`red\` \| anna |

        <details><summary>Models, prices, hosts</summary>

        | agent | kind | model | USD per million tokens, read / written | skills | host |
        |---|---|---|---:|---|---|
        | `ezra` | forge |  | unknown |  |  |

        </details>
        ");
        assert_snapshot!(t.ask_in(CELLAR, 1, "walt", "/timmy why ezra").await, @r"
        **`ezra` would get foundation/door\#3** *Paint it \`red\` \| anna* next. It holds the role coder. Its fit is **0.23**: no results yet.

        <details><summary>Why not the others</summary>

        | | issue | score | lacks | goes to |
        |---:|---|---:|---|---|
        | 2 | foundation/cellar\#1 Where the gold is | 16.3 | no free slot |  |
        | 3 | foundation/door\#2 Oil the hinge | 7.2 | no free slot |  |

        </details>
        ");
        assert_snapshot!(t.ask("rita", "/timmy why erza").await, @"**Not done.** I know no agent `erza`. Did you mean `/timmy why ezra`?");
    })
    .await;
}

#[tokio::test]
async fn a_strangers_pull_request_is_shown_and_not_obeyed() {
    talk(async |t| {
        furnish(t).await;
        t.sandbox
            .open_pull("rando", DOOR, "All of it", "fixes #2, fixes #3\nfixes #3", "all")
            .unwrap();
        t.sandbox.open_pull("walt", DOOR, "WIP: Oil", "fixes #2", "oil").unwrap();
        t.quiet().await;
        t.wait(MINUTE).await;
        let why = t.ask_in(DOOR, 2, "rita", "/timmy why").await;
        assert!(why.starts_with("**This is "), "{why}");
        let said = why.lines().find(|line| line.starts_with("Pull requests that")).unwrap_or_default();
        assert_snapshot!(said, @r"Pull requests that it does not wait for: \#4 (its author may not write here); \#5 (a draft).");
        let theirs = t.sandbox.open_pull("walt", DOOR, "Paint", "fixes #3", "paint").unwrap();
        t.quiet().await;
        let why = t.gist_in(DOOR, 3, "rita", "/timmy why").await;
        assert!(why.contains(&format!(r"\#{theirs} is to close it.")), "{why}");
    })
    .await;
}
