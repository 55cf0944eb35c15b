//! Why an issue has its place, or none.

use insta::assert_snapshot;

use crate::core::handlers::backlog::tests::*;
use crate::core::model::due_day::DueDay;
use crate::core::scheduling::{LinkedPull, Milestone, Outcome};

#[test]
fn why_of_an_issue_that_is_ready() {
    let world = TestWorld::usual();
    assert_snapshot!(world.ask("/timmy why"), @r"
    **This is 1st of 4.** It scores **11.6**: `p1`, 2 issues wait for it, and it has been open for 7 days; but nothing says when it is done, and it names no file, command or error. The next agent that fits: `ezra`.

    <details><summary>The numbers</summary>

    | | value | because | points |
    |---|---:|---|---:|
    | urgency | 0.70 | `priority/p1` | 24.5 |
    | value | 0.00 | no milestone, not pinned | 0.0 |
    | dependents | 0.39 | \#47 and 1 more wait for this | 7.8 |
    | people | 0.00 | nobody spoke here in 30 days | 0.0 |
    | age | 0.12 | open for 7 days | 1.2 |
    | readiness | ×&nbsp;0.60 | no place, no acceptance criteria |  |
    | size | ×&nbsp;0.58 | no size |  |
    | failures | ×&nbsp;1.00 | none |  |

    | agent | fit | |
    |---|---:|---|
    | `ezra` | 0.23 | no results yet |
    | `groq` | – | does not hold the role coder |

    </details>
    ");
    assert_snapshot!(gist(&world, "/timmy why foundation/infra#14"), @r"foundation/infra\#14 *Disk alarm*: **3rd of 4.** It scores **5.3**: `p2`, and it has been open for 7 days; but nothing says when it is done, and it names no file, command or error. The next agent that fits: `ezra` (no free slot).");
    assert_snapshot!(gist(&world, "/timmy why #31"), @r"\#31 *Dark mode*: **4th of 4.** It scores **3.4**: it has been open for 7 days; but nothing says when it is done, and it names no file, command or error. By myself I hand out nothing below 5.0. The next agent that fits: `ezra` (no free slot).");
}

/// What is said before the numbers.
fn gist(world: &TestWorld, line: &str) -> String {
    world.ask(line).split("\n\n<details>").next().unwrap_or_default().to_owned()
}

#[test]
fn a_crew_is_proposed_where_an_issue_has_parts_for_several_agents() {
    let mut world = TestWorld::usual();
    let proposed = "It has parts for several roles (`coder`, `reviewer`), which no agent holds alone; \
                    a crew does them all: `/timmy crew`.";
    assert!(!gist(&world, "/timmy why").contains("/timmy crew"));
    world.of(44).labels = ["role/reviewer".into(), "role/coder".into()].into();
    let said = gist(&world, "/timmy why");
    assert!(said.ends_with(proposed), "{said}");
    // One that nobody holds is no part of any crew.
    world.of(44).labels = ["role/devops".into(), "role/coder".into()].into();
    assert!(!gist(&world, "/timmy why").contains("/timmy crew"));
    // Who holds all of them needs nobody.
    world.of(44).labels = ["role/reviewer".into(), "role/coder".into()].into();
    world.roster.workers.push(worker("allegro", &["coder", "reviewer"], 1));
    assert!(!gist(&world, "/timmy why").contains("/timmy crew"));
}

/// As people set things up who care.
fn cared_for(world: &mut TestWorld) {
    let facts = world.of(44);
    facts.opened_at = days_ago(15);
    facts.labels = ["priority/p1".into(), "size/s".into()].into();
    facts.due_at = DueDay::written_in("2026-11-26T23:59:59Z");
    let due_at = DueDay::written_in("2026-12-08T23:59:59Z");
    facts.milestone = Some(Milestone { title: "v1 | all".into(), due_at }.into());
    facts.pinned = true;
    facts.people = 2;
    facts.readiness = Readiness { scope: true, place: true, acceptance: false };
    facts.work = WorkState { attempts: 1, fails: 1, ..WorkState::default() };
    world.of(31).waits_for = vec![issue(DOOR, 44)];
}

#[test]
fn why_of_an_issue_that_people_care_for() {
    let mut world = TestWorld::usual();
    cared_for(&mut world);
    assert_snapshot!(world.ask("/timmy why"), @r"
    **This is 1st of 3.** It scores **19.4**: due in 3 days, its milestone is due in 15 days, and 3 issues wait for it; but nothing says when it is done, and 1 attempt failed. The next agent that fits: `ezra`.

    <details><summary>The numbers</summary>

    | | value | because | points |
    |---|---:|---|---:|
    | urgency | 0.79 | due in 3 days | 27.5 |
    | value | 0.50 | milestone v1 \| all, due in 15 days | 10.0 |
    | dependents | 0.49 | \#31, \#47 and 1 more wait for this | 9.8 |
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
    let mut world = TestWorld::usual();
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
    let agents = world.ask("/timmy agents");
    for row in ["| 2 of 2 | 0.77 (34 of 38) |", "| 1 of 1 | 0.68 (9 of 9) |"] {
        assert!(agents.contains(row), "{agents}");
    }
}

#[test]
fn what_stands_in_the_way_and_what_removes_it() {
    let said = |change: fn(&mut TestWorld)| {
        let mut world = TestWorld::usual();
        world.opens(DOOR, 50, "Wait");
        change(&mut world);
        gist(&world, "/timmy why #50")
    };
    let said = [
        said(|world| world.of(50).labels = ["epic".into()].into()),
        said(|world| world.of(50).work.is_live = true),
        said(|world| world.of(50).work.is_asked = true),
        said(|world| world.of(50).work.is_settled = true),
        said(|world| world.of(50).work.attempts = 3),
        said(|world| world.rules.authors = Authors::Only(vec!["anna".into()])),
        said(|world| world.of(50).readiness = Readiness::default()),
    ];
    assert_snapshot!(said.join("\n"), @r"
    \#50 *Wait*: **Nothing starts there:** one of its labels says that it gathers others, and I hand out those.

    Reason: `epic`.
    \#50 *Wait*: **Nothing starts there:** an agent works on it.

    Reason: `live_job`.
    \#50 *Wait*: **Nothing starts there:** a question about it waits for an answer.

    Reason: `open_decision`.
    \#50 *Wait*: **Nothing starts there:** it was dealt with. I take it up again when somebody changes its text or says `/timmy retry` there.

    Reason: `settled`.
    \#50 *Wait*: **Nothing starts there:** all attempts at it failed. `/timmy retry` there begins anew.

    Reason: `attempts_spent`.
    \#50 *Wait*: **Nothing starts there:** \@rita wrote it. `dispatch.authors` in my configuration names those whose issues I hand out by myself.

    Reason: `author_not_allowed`.
    \#50 *Wait*: **Nothing starts there:** it does not say what is to be done. It takes 40 characters of its author's own in title and text: quotes, blocks of code and what its template says do not count.

    Reason: `missing_scope`.
    ");
}

#[test]
fn all_reasons_are_told_and_what_it_would_be_worth() {
    let mut world = TestWorld::usual();
    let facts = world.opens(DOOR, 50, "Wait");
    facts.labels = ["priority/p1".into()].into();
    facts.work.is_settled = true;
    facts.readiness = Readiness::default();
    let why = world.ask("/timmy why #50");
    assert_snapshot!(why.split("| |").next().unwrap(), @r"
    \#50 *Wait*: **Nothing starts there:** it was dealt with. I take it up again when somebody changes its text or says `/timmy retry` there.

    All that stands in the way: `settled`, `missing_scope`.

    <details><summary>The numbers</summary>

    Were it ready, it would be 3rd of 5, with a score of **5.9**.
    ");
}

/// Those that come after it take nobody from it.
#[test]
fn whom_an_issue_would_get_that_is_settled() {
    let mut world = TestWorld::usual();
    let facts = world.opens(DOOR, 50, "Wait");
    facts.labels = ["priority/p0".into()].into();
    facts.work.is_settled = true;
    let why = world.ask("/timmy why #50");
    assert!(why.contains("Were it ready, it would be 1st of 5, "), "{why}");
    assert!(why.contains("| `ezra` | 0.23 | no results yet |"), "{why}");
}

#[test]
fn pull_requests_that_are_to_close_it() {
    let mut world = TestWorld::usual();
    let pulls = [issue(DOOR, 58), issue(CELLAR, 9)];
    for pull in pulls {
        world.titles.insert(pull, title_of(pull.repo, "Mend it"));
    }
    let of = |world: &mut TestWorld, pulls: &[ThreadId]| {
        let linked = |thread: &ThreadId| LinkedPull { thread: *thread, ..testing::pull(0) };
        world.of(31).pulls = pulls.iter().map(linked).collect();
        gist(world, "/timmy why #31")
    };
    assert_snapshot!(of(&mut world, &pulls), @r"
    \#31 *Dark mode*: **Nothing starts there:** \#58 and a pull request that cannot be shown here are to close it. Merge or close them.

    Reason: `linked_pull_request`.
    ");
    assert_snapshot!(of(&mut world, &pulls[..1]), @r"
    \#31 *Dark mode*: **Nothing starts there:** \#58 is to close it. Merge or close that.

    Reason: `linked_pull_request`.
    ");
}

#[test]
fn pull_requests_that_keep_nothing_back() {
    let mut world = TestWorld::usual();
    for number in 58..61 {
        world.titles.insert(issue(DOOR, number), title_of(DOOR, "Mend it"));
    }
    let linked = |repo, number| LinkedPull { thread: issue(repo, number), ..testing::pull(0) };
    world.of(31).pulls = vec![
        LinkedPull { by_writer: false, ..linked(DOOR, 58) },
        LinkedPull { is_draft: true, ..linked(DOOR, 59) },
        LinkedPull { moved_at: days_ago(30), ..linked(DOOR, 60) },
        LinkedPull { by_writer: false, ..linked(CELLAR, 9) },
    ];
    let why = world.ask("/timmy why #31");
    assert!(why.starts_with(r"\#31 *Dark mode*: **4th of 4.**"), "{why}");
    let said = why.lines().find(|line| line.starts_with("Pull requests that")).unwrap_or_default();
    assert_snapshot!(said, @r"Pull requests that it does not wait for: \#58 (its author may not write here); \#59 (a draft); \#60 (it has not moved for 14 days); a pull request that cannot be shown here (its author may not write here).");
}

#[test]
fn what_the_lines_before_changed_is_seen() {
    let world = TestWorld::usual();
    let said = world.ask("/timmy hold no glue\n/timmy why");
    assert_snapshot!(said.split("\n\n| |").next().unwrap_or_default(), @r"
    - `/timmy hold no glue`: **on hold** until `/timmy unhold`.
    - `/timmy why`: **nothing starts here:** it is on hold since Mon 23 Nov, 12:00 UTC, by \@anna (no glue). `/timmy unhold` frees it.

    <details><summary>/timmy why</summary>

    Reason: `hold`.

    <details><summary>The numbers</summary>

    Were it ready, it would be 1st of 4, with a score of **11.6**.
    ");
}
