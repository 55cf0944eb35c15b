//! What comes next, who would get it, and what agents are for.

use insta::assert_snapshot;

use crate::core::handlers::backlog::tests::*;

#[test]
fn the_queue_names_what_may_be_named() {
    assert_snapshot!(TestWorld::usual().ask("/timmy queue"), @r"
    **4 issues are ready**, 3 are not: 2 blocked, 1 on hold.

    | | issue | score | priority | agent |
    |---:|---|---:|---|---|
    | 1 | foundation/door\#44 Session test flaky | 11.6 | p1 | `ezra` |
    | 3 | foundation/infra\#14 Disk alarm | 5.3 | p2 |  |
    | 4 | foundation/door\#31 Dark mode | 3.4 |  |  |

    `/timmy why foundation/door#44` explains a place. 1 more is in a repository that cannot be named here.
    ");
}

#[test]
fn the_queue_of_one_repository_keeps_the_places() {
    let world = TestWorld::usual();
    assert_snapshot!(world.ask("/timmy queue 1 repo=foundation/infra"), @r"
    **1 issue is ready** in `foundation/infra`, 1 is not: 1 blocked.

    | | issue | score | priority |
    |---:|---|---:|---|
    | 3 | foundation/infra\#14 Disk alarm | 5.3 | p2 |

    `/timmy why foundation/infra#14` explains a place.
    ");
    assert_snapshot!(world.ask("/timmy queue repo=foundation/cellar"), @"**Not found:** `foundation/cellar`. It does not exist, or cannot be shown to everybody who reads this thread.");
}

#[test]
fn a_queue_in_which_nothing_is_ready() {
    let mut world = TestWorld::usual();
    for ready in [issue(DOOR, 44), issue(CELLAR, 7), issue(INFRA, 14), issue(DOOR, 31)] {
        world.facts.remove(&ready);
    }
    assert_snapshot!(world.ask("/timmy queue"), @"**No issue is ready**, 3 are not: 2 blocked, 1 on hold.");
}

#[test]
fn a_plan_says_who_would_get_what() {
    let mut world = TestWorld::usual();
    assert_snapshot!(world.ask("/timmy plan"), @r#"
    **2 issues would be handed out now.** I only suggest: `dispatch.mode = "suggest"`.

    | issue | agent | value | next best |
    |---|---|---:|---|
    | \#44 Session test flaky | `ezra` | 2.7 |  |

    1 more is in a repository that cannot be named here.
    "#);
    world.mode = Autonomy::Off;
    assert_snapshot!(world.ask("/timmy plan ezra"), @r#"
    **`ezra` would get \#44** *Session test flaky* now, and 1 more. I hand out only what somebody assigns: `dispatch.mode = "off"`.

    | issue | agent | value | next best |
    |---|---|---:|---|
    | \#44 Session test flaky | `ezra` | 2.7 |  |

    1 more is in a repository that cannot be named here.
    "#);
    world.mode = Autonomy::Auto;
    assert_snapshot!(world.ask("/timmy plan groq"), @"**`groq` would get nothing now:** another role is needed.");
    assert_snapshot!(world.ask("/timmy plan erza"), @"**Not done.** I know no agent `erza`. Did you mean `/timmy plan ezra`?");
}

#[test]
fn a_plan_says_why_nothing_is_handed_out() {
    assert_snapshot!(TestWorld::new(Vec::new()).ask("/timmy plan"), @"**Nothing would be handed out now:** there are no agents yet.");
    let mut world = TestWorld::new(vec![worker("ezra", &["coder"], 1)]);
    assert_snapshot!(world.ask("/timmy plan"), @"**Nothing would be handed out now:** no issue is ready.");
    world.opens(DOOR, 31, "Dark mode");
    assert_snapshot!(world.ask("/timmy plan"), @"**Nothing would be handed out now:** what is ready scores less than 5.0, from which on I hand out issues by myself.");
    world.opens(DOOR, 44, "Session test flaky").labels = ["priority/p1".into()].into();
    world.roster.load.reviews_waiting = 5;
    assert_snapshot!(world.ask("/timmy plan"), @"**Nothing would be handed out now:** too much waits for review.");
    let by = account("alexander");
    let pause = |part| Pause { part, by: by.clone(), since: now() };
    world.fleet.apply(ControlChange::Pause(pause(PauseScope::Agent("ezra".into()))));
    assert_snapshot!(world.ask("/timmy plan ezra"), @r"**`ezra` would get nothing now:** it is paused since Mon 23 Nov, 12:00 UTC, by \@alexander.");
    world.fleet.apply(ControlChange::Pause(pause(PauseScope::All)));
    assert_snapshot!(world.ask("/timmy plan"), @r"**Nothing would be handed out now:** the whole fleet is paused since Mon 23 Nov, 12:00 UTC, by \@alexander.");
}

#[test]
fn why_of_an_agent() {
    let world = TestWorld::usual();
    assert_snapshot!(world.ask("/timmy why ezra"), @r"
    **`ezra` would get \#44** *Session test flaky* next. It holds the role coder. Its fit is **0.23**: no results yet.

    <details><summary>Why not the others</summary>

    | | issue | score | lacks | goes to |
    |---:|---|---:|---|---|
    | 3 | foundation/infra\#14 Disk alarm | 5.3 | no free slot |  |
    | 4 | foundation/door\#31 Dark mode | 3.4 | no free slot |  |

    </details>
    ");
    assert_snapshot!(world.ask("/timmy why groq"), @r"
    **`groq` would get nothing now**: another role is needed. It holds the role reviewer. Its fit is **0.23**: no results yet.

    <details><summary>Why not the others</summary>

    | | issue | score | lacks | goes to |
    |---:|---|---:|---|---|
    | 1 | foundation/door\#44 Session test flaky | 11.6 | another role is needed | `ezra` |
    | 3 | foundation/infra\#14 Disk alarm | 5.3 | another role is needed |  |
    | 4 | foundation/door\#31 Dark mode | 3.4 | another role is needed |  |

    </details>
    ");
}

#[test]
fn the_agents_now() {
    assert_snapshot!(TestWorld::usual().ask("/timmy agents"), @r"
    **2 agents**.

    | agent | state | roles | free | fit | rights here | next |
    |---|---|---|---:|---:|---|---|
    | `ezra` | not asked yet | coder | 2 of 2 | 0.23 | unknown | \#44 Session test flaky |
    | `groq` | not asked yet | reviewer | 1 of 1 | 0.23 | unknown |  |

    <details><summary>Models, prices, hosts</summary>

    | agent | kind | model | USD per million tokens, read / written | skills | host |
    |---|---|---|---:|---|---|
    | `ezra` | forge |  | unknown |  |  |
    | `groq` | forge |  | 0.59 / 0.79 |  |  |

    </details>
    ");
}

#[test]
fn several_questions_in_one_comment() {
    assert_snapshot!(TestWorld::usual().ask("/timmy queue 2\n/timmy plan\n/timmy why ezra"), @r#"
    - `/timmy queue 2`: **4 issues are ready**, 3 are not: 2 blocked, 1 on hold.
    - `/timmy plan`: **2 issues would be handed out now.** I only suggest: `dispatch.mode = "suggest"`.
    - `/timmy why ezra`: **`ezra` would get \#44** *Session test flaky* next. It holds the role coder. Its fit is **0.23**: no results yet.

    <details><summary>/timmy queue 2</summary>

    | | issue | score | priority | agent |
    |---:|---|---:|---|---|
    | 1 | foundation/door\#44 Session test flaky | 11.6 | p1 | `ezra` |
    | 3 | foundation/infra\#14 Disk alarm | 5.3 | p2 |  |

    `/timmy why foundation/door#44` explains a place. 1 more is in a repository that cannot be named here.

    </details>

    <details><summary>/timmy plan</summary>

    | issue | agent | value | next best |
    |---|---|---:|---|
    | \#44 Session test flaky | `ezra` | 2.7 |  |

    1 more is in a repository that cannot be named here.

    </details>

    <details><summary>Why not the others</summary>

    | | issue | score | lacks | goes to |
    |---:|---|---:|---|---|
    | 3 | foundation/infra\#14 Disk alarm | 5.3 | no free slot |  |
    | 4 | foundation/door\#31 Dark mode | 3.4 | no free slot |  |

    </details>
    "#);
}
