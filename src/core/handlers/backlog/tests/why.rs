//! Why an issue has its place, or none.

use insta::assert_snapshot;

use crate::core::handlers::backlog::tests::*;
use crate::core::scheduling::{Milestone, Outcome};

#[test]
fn why_of_an_issue_that_is_ready() {
    let world = World::usual();
    assert_snapshot!(world.ask("/timmy why"), @"
    **This is 1st of 4.** It scores **30.2**: nothing says when it is done, and it has no task list. The next agent that fits: `ezra`.

    <details><summary>The numbers</summary>

    | | value | because | points |
    |---|---:|---|---:|
    | urgency | 0.25 | no priority, no due date | 8.8 |
    | value | 0.00 | no milestone, not pinned | 0.0 |
    | dependents | 0.00 | nothing waits for this | 0.0 |
    | people | 0.00 | nobody spoke here in 30 days | 0.0 |
    | age | 0.00 | open for 20780 days | 0.0 |
    | readiness | ×&nbsp;0.40 | no scope, no acceptance criteria, no task list |  |
    | size | ×&nbsp;0.58 | no size |  |
    | failures | ×&nbsp;1.00 | none |  |

    | agent | fit | |
    |---|---:|---|
    | `ezra` | 0.23 | no results yet |
    | `groq` | – | does not hold the role coder |

    </details>
    ");
    assert_snapshot!(world.ask("/timmy why foundation/infra#14"), @r"
    foundation/infra\#14 *Disk alarm*: **3rd of 4.** It scores **24.9**: nothing says when it is done, and it has no task list. The next agent that fits: `ezra` (no free slot).

    <details><summary>The numbers</summary>

    | | value | because | points |
    |---|---:|---|---:|
    | urgency | 0.25 | no priority, no due date | 8.8 |
    | value | 0.00 | no milestone, not pinned | 0.0 |
    | dependents | 0.00 | nothing waits for this | 0.0 |
    | people | 0.00 | nobody spoke here in 30 days | 0.0 |
    | age | 0.00 | open for 20780 days | 0.0 |
    | readiness | ×&nbsp;0.40 | no scope, no acceptance criteria, no task list |  |
    | size | ×&nbsp;0.58 | no size |  |
    | failures | ×&nbsp;1.00 | none |  |

    | agent | fit | |
    |---|---:|---|
    | `ezra` | 0.23 | no free slot; no results yet |
    | `groq` | – | does not hold the role coder |

    </details>
    ");
    assert_snapshot!(world.ask("/timmy why #31"), @r"
    \#31 *Dark mode*: **4th of 4.** It scores **3.1**: nothing says when it is done, and it has no task list. By myself I hand out nothing below 5.0. The next agent that fits: `ezra` (no free slot).

    <details><summary>The numbers</summary>

    | | value | because | points |
    |---|---:|---|---:|
    | urgency | 0.25 | no priority, no due date | 8.8 |
    | value | 0.00 | no milestone, not pinned | 0.0 |
    | dependents | 0.00 | nothing waits for this | 0.0 |
    | people | 0.00 | nobody spoke here in 30 days | 0.0 |
    | age | 0.00 | open for 20780 days | 0.0 |
    | readiness | ×&nbsp;0.40 | no scope, no acceptance criteria, no task list |  |
    | size | ×&nbsp;0.58 | no size |  |
    | failures | ×&nbsp;1.00 | none |  |

    | agent | fit | |
    |---|---:|---|
    | `ezra` | 0.23 | no free slot; no results yet |
    | `groq` | – | does not hold the role coder |

    </details>
    ");
}

/// As people set things up who care.
fn cared_for(world: &mut World) {
    let at = |text| Timestamp::parse(text).expect("a time");
    let terms = Terms {
        urgency: 785_714,
        value: 500_000,
        dependents: 387_781,
        people: 500_000,
        age: 250_000,
        readiness: 800_000,
        size: 707_107,
        fails: 600_000,
    };
    world.first().score = Score { points: 31_300_000, terms };
    world.first().dependents = 3;
    let facts = world.facts.get_mut(&issue(DOOR, 44)).expect("it is there");
    facts.opened_at = at("2026-11-08T09:00:00Z");
    facts.labels = ["priority/p1".into(), "size/s".into()].into();
    facts.due_at = Some(at("2026-11-26T00:00:00Z"));
    let due_at = Some(at("2026-12-08T00:00:00Z"));
    facts.milestone = Some(Milestone { title: "v1 | all".into(), due_at }.into());
    facts.pinned = true;
    facts.people = 2;
    facts.readiness = Readiness { scope: true, acceptance: false, checklist: true };
    facts.work.fails = 1;
    for number in [31, 47] {
        let facts = world.facts.get_mut(&issue(DOOR, number)).expect("it is there");
        facts.waits_for = vec![issue(DOOR, 44)];
    }
}

#[test]
fn why_of_an_issue_that_people_care_for() {
    let mut world = World::usual();
    cared_for(&mut world);
    assert_snapshot!(world.ask("/timmy why"), @r"
    **This is 1st of 4.** It scores **31.3**: due in 3 days, its milestone is due in 15 days, and 3 issues wait for it; but nothing says when it is done, and 1 attempt failed. The next agent that fits: `ezra`.

    <details><summary>The numbers</summary>

    | | value | because | points |
    |---|---:|---|---:|
    | urgency | 0.79 | due in 3 days | 27.5 |
    | value | 0.50 | milestone v1 \| all, due in 15 days | 10.0 |
    | dependents | 0.39 | \#31, \#47 and 1 more wait for this | 7.8 |
    | people | 0.50 | 2 people spoke here in 30 days | 7.5 |
    | age | 0.25 | open for 15 days | 2.5 |
    | readiness | ×&nbsp;0.80 | no acceptance criteria |  |
    | size | ×&nbsp;0.71 | `size/s` |  |
    | failures | ×&nbsp;0.60 | 1 attempt failed |  |

    | agent | fit | |
    |---|---:|---|
    | `ezra` | 0.23 | no results yet |
    | `groq` | – | does not hold the role coder |

    </details>
    ");
}

#[test]
fn what_was_verified_is_told_as_near_as_anything_is() {
    let mut world = World::usual();
    world.roster.workers[1].roles.push("coder".into());
    let result = |agent: &str, repo, role: &str, is_good| Outcome {
        agent: agent.into(),
        role: role.into(),
        repo,
        is_good,
        at: Timestamp::default(),
    };
    let here = (0..38).map(|nth| result("ezra", DOOR, "coder", nth >= 4));
    let elsewhere = (0..9).map(|_| result("groq", INFRA, "coder", true));
    world.roster.outcomes = AgentRecords::weigh(here.chain(elsewhere), Timestamp::default());
    let why = world.ask("/timmy why");
    let (_, agents) = why.split_once("| agent").expect("a table");
    assert_snapshot!(agents, @"
     | fit | |
    |---|---:|---|
    | `ezra` | 0.82 | 34 of 38 verified in this repository |
    | `groq` | 0.65 | worth less here; 9 of 9 verified as coder |

    </details>
    ");
    assert_snapshot!(world.ask("/timmy why ezra").lines().next().unwrap(), @r"**`ezra` would get \#44** *Session test flaky* next. It holds the role coder. Its fit is **0.77**: 34 of 38 results verified.");
}

#[test]
fn what_stands_in_the_way_and_what_removes_it() {
    use Ineligible::{
        AttemptsSpent, AuthorNotAllowed, Epic, LinkedPullRequest, LiveJob, MissingScope,
        OpenDecision, Settled,
    };
    let all = [
        Epic,
        LiveJob,
        OpenDecision,
        LinkedPullRequest,
        Settled,
        AttemptsSpent,
        AuthorNotAllowed,
        MissingScope,
    ];
    let said = all.map(|obstacle| {
        let mut world = World::usual();
        world.waits(DOOR, 50, "Wait", 1_000_000, &[obstacle]);
        let why = world.ask("/timmy why #50");
        why.lines().next().unwrap_or_default().to_owned()
    });
    assert_snapshot!(said.join("\n"), @r"
    \#50 *Wait*: **Nothing starts here:** one of its labels says that it gathers others, and I hand out those.
    \#50 *Wait*: **Nothing starts here:** an agent works on it.
    \#50 *Wait*: **Nothing starts here:** a question about it waits for an answer.
    \#50 *Wait*: **Nothing starts here:** a pull request is to close it. Merge or close that.
    \#50 *Wait*: **Nothing starts here:** it was dealt with. I take it up again when somebody changes its text or says `/timmy retry` there.
    \#50 *Wait*: **Nothing starts here:** all attempts at it failed. `/timmy retry` there begins anew.
    \#50 *Wait*: **Nothing starts here:** \@rita wrote it. `dispatch.authors` in my configuration names those whose issues I hand out by myself.
    \#50 *Wait*: **Nothing starts here:** its text does not say what is to be done. It takes 80 characters outside code and quotes.
    ");
}

#[test]
fn all_reasons_are_told_and_what_it_would_be_worth() {
    let mut world = World::usual();
    world.waits(DOOR, 50, "Wait", 26_000_000, &[Ineligible::Settled, Ineligible::MissingScope]);
    let why = world.ask("/timmy why #50");
    assert_snapshot!(why.split("| |").next().unwrap(), @r"
    \#50 *Wait*: **Nothing starts here:** it was dealt with. I take it up again when somebody changes its text or says `/timmy retry` there.

    All that stands in the way: `settled`, `missing_scope`.

    <details><summary>The numbers</summary>

    Were it ready, it would be 3rd of 5, with a score of **26.0**.
    ");
}

#[test]
fn pull_requests_that_are_to_close_it() {
    let mut world = World::usual();
    world.waits(DOOR, 50, "Wait", 1_000_000, &[Ineligible::LinkedPullRequest]);
    let pulls = [issue(DOOR, 58), issue(CELLAR, 9)];
    for pull in pulls {
        world.titles.insert(pull, ThreadTitle { repo: name(pull.repo), title: "Mend it".into() });
    }
    world.facts.get_mut(&issue(DOOR, 50)).expect("it is there").pulls = pulls.to_vec();
    assert_snapshot!(world.ask("/timmy why #50").lines().next().unwrap(), @r"\#50 *Wait*: **Nothing starts here:** \#58 and a pull request that cannot be shown here are to close it. Merge or close them.");
}

#[test]
fn what_the_lines_before_changed_is_seen() {
    let world = World::usual();
    assert_snapshot!(world.ask("/timmy hold no glue\n/timmy why"), @r"
    - `/timmy hold no glue`: **on hold** until `/timmy unhold`.
    - `/timmy why`: **nothing starts here:** it is on hold since Mon 23 Nov, 12:00 UTC, by \@anna (no glue). `/timmy unhold` frees it.

    <details><summary>/timmy why</summary>

    Reason: `hold`.

    <details><summary>The numbers</summary>

    Were it ready, it would be 1st of 4, with a score of **30.2**.

    | | value | because | points |
    |---|---:|---|---:|
    | urgency | 0.25 | no priority, no due date | 8.8 |
    | value | 0.00 | no milestone, not pinned | 0.0 |
    | dependents | 0.00 | nothing waits for this | 0.0 |
    | people | 0.00 | nobody spoke here in 30 days | 0.0 |
    | age | 0.00 | open for 20780 days | 0.0 |
    | readiness | ×&nbsp;0.40 | no scope, no acceptance criteria, no task list |  |
    | size | ×&nbsp;0.58 | no size |  |
    | failures | ×&nbsp;1.00 | none |  |

    | agent | fit | |
    |---|---:|---|
    | `ezra` | 0.23 | no results yet |
    | `groq` | – | does not hold the role coder |

    </details>

    </details>
    ");
}
