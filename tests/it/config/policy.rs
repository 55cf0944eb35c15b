//! `.timmy.toml` in a repository: read strictly, and it tightens only.

use std::time::Duration;

use proptest::prelude::*;
use timmy::config::{
    CentralPolicy, Config, EffectivePolicy, GuardRuns, RepositoryPolicy, Role, SandboxKind,
    TestCommand, read_repository_policy, tighten,
};
use timmy::core::guards::diff::parse_diff;
use timmy::core::guards::{
    CheckFacts, CheckoutCommand, CommitVerdict, ExpectedChecks, GuardRules, checks, protected, size,
};
use timmy::core::model::glob::Glob;
use timmy::core::reply::Autonomy;

use super::config;

const ALL: &str = r#"
mode = "suggest"
agents = ["ezra", "Bezalel"]
roles = ["coder"]
instructions = """
Run `make check` before you push.
"""

[guards]
checks = "required"
protected = ["deploy/**"]
max_lines = 300
test = ["./run-tests", "--all"]
prepare = ["cargo", "fetch", "--locked"]
"#;

fn problems(text: &str) -> String {
    read_repository_policy(text).expect_err("a problem").to_string()
}

fn central_of(config: &Config) -> CentralPolicy {
    CentralPolicy {
        mode: Autonomy::Auto,
        agents: vec!["ezra".to_owned(), "groq".to_owned()],
        rules: config.guards.rules.clone(),
        runs: config.guards.runs.clone(),
    }
}

#[test]
fn what_it_says_holds_where_it_is_tighter() {
    let policy = read_repository_policy(ALL).unwrap();
    let EffectivePolicy { mode, agents, roles, rules, runs, instructions } =
        tighten(central_of(&config(super::EXAMPLE)), &policy);
    assert_eq!(
        (mode, agents, roles),
        (Autonomy::Suggest, vec!["ezra".to_owned()], vec![Role::Coder])
    );
    assert_eq!((rules.checks, rules.max_lines), (ExpectedChecks::Required, 300));
    assert_eq!(rules.protected.len(), 4);
    let test = runs.test.unwrap();
    assert_eq!(test.command.words(), ["./run-tests", "--all"]);
    assert_eq!(test.prepare.unwrap().words()[0], "cargo");
    assert_eq!(runs.prepare, None, "no script runs after it");
    assert!(instructions.unwrap().contains("make check"));
}

#[test]
fn the_example_says_all_that_can_be_said() {
    let text = include_str!("../../../examples/repository.timmy.toml");
    let RepositoryPolicy {
        mode,
        agents,
        roles,
        instructions,
        checks,
        protected,
        max_lines,
        test,
        prepare,
    } = read_repository_policy(text).unwrap();
    assert_eq!((mode, agents.map(|a| a.len())), (Some(Autonomy::Suggest), Some(1)));
    assert!(roles.is_some() && instructions.is_some() && checks.is_some() && max_lines.is_some());
    assert!(!protected.is_empty() && test.is_some() && prepare.is_some());
}

#[test]
fn an_empty_file_changes_nothing() {
    let central = central_of(&config(super::EXAMPLE));
    let effective = tighten(central.clone(), &read_repository_policy("").unwrap());
    assert_eq!((effective.mode, &effective.agents), (central.mode, &central.agents));
    assert_eq!(format!("{:?}", effective.rules), format!("{:?}", central.rules));
    assert_eq!((effective.runs, effective.roles.len()), (central.runs, 4));
}

#[test]
fn it_is_read_as_strictly_as_the_central_file() {
    insta::assert_snapshot!(problems(r#"
mode = "all"
agents = "ezra"
roles = ["hacker"]
instructions = "Be kind.\u202e"
trusted_reporters = ["ezra"]
[guards]
checks = "never"
protected = ["/ci"]
max_lines = 0
test = []
sandbox = "none"
checks_within = "1m"
[gitea]
token = "s3cret"
"#), @r##"
    .timmy.toml:2:8: mode is "all", which I do not know. I know "off", "suggest", "auto".
    .timmy.toml:3:10: agents is a text. Write a list, such as ["a", "b"].
    .timmy.toml:4:10: roles is "hacker", which I do not know. I know "coder", "reviewer", "researcher", "devops".
    .timmy.toml:5:16: instructions holds characters that nobody sees. Delete them: what agents read, people have to see.
    .timmy.toml:6:1: trusted_reporters is not a key I know. Known here: mode, agents, roles, instructions, guards.
    .timmy.toml:8:10: guards.checks is "never", which I do not know. I know "if_present", "required".
    .timmy.toml:9:14: guards.protected is "/ci", which is no pattern of paths. Write paths from the root of the repository, without a slash at either end, such as "ci/**" or "**/*.lock".
    .timmy.toml:10:13: guards.max_lines is out of range. Write a whole number from 1 to 1000000.
    .timmy.toml:11:8: guards.test is empty. Name at least one.
    .timmy.toml:12:1: guards.sandbox is not a key I know. Known here: checks, protected, max_lines, test, prepare.
    .timmy.toml:13:1: guards.checks_within is not a key I know. Known here: checks, protected, max_lines, test, prepare.
    .timmy.toml:14:2: gitea is not a key I know. Known here: mode, agents, roles, instructions, guards.
    12 problems: nothing was started.
    "##);
    assert!(problems(&" ".repeat(70_000)).contains("too long"));
    assert!(problems("mode = ").contains("no TOML"));
}

#[test]
fn tests_that_a_repository_brings_have_the_time_that_they_may_take() {
    // Prepared and run three times each, with as long again for those before it.
    let judging = config(super::LEAST).job_limits().judging;
    assert_eq!(judging, Duration::from_secs(60 * (10 + 15) * 3 * 2));
}

/// Paths, and patterns of them.
const PATHS: [&str; 5] = ["ci/run", "src/a.rs", "deploy/x/y", "README.md", "a b"];
const PATTERNS: [&str; 5] = ["ci/**", "**/*.rs", "deploy/*", "*", "src"];

fn globs() -> impl Strategy<Value = Vec<Glob>> {
    let patterns = proptest::sample::subsequence(&PATTERNS[..], 0..4);
    patterns.prop_map(|all| all.into_iter().filter_map(Glob::new).collect())
}

fn command() -> impl Strategy<Value = Option<CheckoutCommand>> {
    proptest::option::of("[a-z]{1,5}").prop_map(|word| CheckoutCommand::new(vec![word?]))
}

fn mode() -> impl Strategy<Value = Autonomy> {
    proptest::sample::select(vec![Autonomy::Off, Autonomy::Suggest, Autonomy::Auto])
}

fn expected() -> impl Strategy<Value = ExpectedChecks> {
    proptest::sample::select(vec![ExpectedChecks::IfPresent, ExpectedChecks::Required])
}

fn names() -> impl Strategy<Value = Vec<String>> {
    let names = ["ezra", "groq", "bezalel"].map(str::to_owned).to_vec();
    proptest::sample::subsequence(names, 0..3)
}

prop_compose! {
    fn central()(
        mode in mode(), agents in names(), checks in expected(), protected in globs(),
        max_lines in 1_u32..2000, test in command(), prepare in command(), sandboxed in any::<bool>(),
    ) -> CentralPolicy {
        let rules = GuardRules { checks, protected, max_lines, ..GuardRules::default() };
        let runs = GuardRuns {
            sandbox: if sandboxed { SandboxKind::Bwrap } else { SandboxKind::None },
            test: test.map(|command| TestCommand { command, prepare: prepare.clone() }),
            prepare,
            mounts: Vec::new(),
            test_timeout: Duration::from_secs(900),
        };
        CentralPolicy { mode, agents, rules, runs }
    }
}

prop_compose! {
    fn own()(
        mode in proptest::option::of(mode()), agents in proptest::option::of(names()),
        checks in proptest::option::of(expected()), protected in globs(),
        max_lines in proptest::option::of(1_u32..2000), test in command(), prepare in command(),
        instructions in proptest::option::of(".{0,40}"), coder in any::<bool>(),
    ) -> RepositoryPolicy {
        let roles = coder.then(|| vec![Role::Coder]);
        RepositoryPolicy {
            mode, agents, roles, instructions, checks, protected, max_lines, test, prepare,
        }
    }
}

/// What the guards that rules tell what to do say of a change.
fn verdict(rules: &GuardRules, path: &str, lines: usize, waited: Duration) -> CommitVerdict {
    let added = "+a\n".repeat(lines);
    let diff = format!("diff --git a/{path} b/{path}\n@@ -0,0 +1,{lines} @@\n{added}");
    let diff = parse_diff(diff.as_bytes()).unwrap();
    let facts = CheckFacts {
        statuses: Ok(Vec::new()),
        required: Ok(Vec::new()),
        on_target: Vec::new(),
        waited,
        workflows_changed: false,
    };
    let results = vec![protected(&diff, rules), size(&diff, None, rules), checks(&facts, rules)];
    CommitVerdict::new("a".repeat(40).parse().unwrap(), results)
}

proptest! {
    #[test]
    fn nothing_is_allowed_that_the_central_file_forbids(
        central in central(),
        own in own(),
        path in proptest::sample::select(&PATHS[..]),
        lines in 1_usize..2100,
        minutes in 0_u64..60,
    ) {
        let effective = tighten(central.clone(), &own);
        prop_assert!(effective.mode <= central.mode);
        prop_assert!(effective.agents.iter().all(|agent| central.agents.contains(agent)));
        prop_assert_eq!(&effective.rules.trusted_reporters, &central.rules.trusted_reporters);
        prop_assert_eq!(effective.rules.checks_within, central.rules.checks_within);
        let runs = (&effective.runs, &central.runs);
        prop_assert_eq!((runs.0.sandbox, runs.0.test_timeout), (runs.1.sandbox, runs.1.test_timeout));
        prop_assert_eq!(&runs.0.mounts, &runs.1.mounts);
        // Before a script nothing runs but what the central file says.
        prop_assert_eq!(&runs.0.prepare, &runs.1.prepare);
        if central.runs.test.is_some() || central.runs.sandbox == SandboxKind::None {
            prop_assert_eq!(runs.0, runs.1);
        }
        let waited = Duration::from_secs(60 * minutes);
        let of = |rules: &GuardRules| verdict(rules, path, lines, waited);
        let (tight, loose) = (of(&effective.rules), of(&central.rules));
        prop_assert!(tight.standing() >= loose.standing());
        for finding in loose.findings() {
            let is_there = tight.findings().iter().any(|found| found.code == finding.code);
            prop_assert!(is_there, "{:?} is lost", finding.code);
        }
    }

    #[test]
    fn no_text_makes_it_stop(text in "(mode|agents|guards|\\[|\\]|=|\"|\n|off|max_lines|[0-9]|.){0,60}") {
        let _ = read_repository_policy(&text);
    }
}
