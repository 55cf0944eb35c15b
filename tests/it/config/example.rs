//! The example file, and what stands commented out in it.

use timmy::config::{
    AcpPermission, AgentKind, AskBefore, EngineConfig, Grant, Loaded, MicroUsd, NotifyKind,
};
use timmy::core::scheduling::Authors;

use super::{EXAMPLE, LEAST, config, read};

/// The example with its defaults, or its examples, or both, no longer commented out.
pub(super) fn uncommented(defaults: bool, examples: bool) -> String {
    let mut lines = Vec::new();
    let mut in_example = false;
    for line in EXAMPLE.lines() {
        in_example = line == "# e.g." || (in_example && line.starts_with("# "));
        let example =
            line.strip_prefix("# e.g. ").or(line.strip_prefix("# ").filter(|_| in_example));
        let default = line.strip_prefix("# ").filter(|text| !in_example && is_setting(text));
        let text = match (example, default) {
            (Some(text), _) if examples && text != "e.g." => text,
            (None, Some(text)) if defaults => text,
            _ => line,
        };
        lines.push(text);
    }
    lines.join("\n")
}

fn is_setting(text: &str) -> bool {
    text.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '))
}

#[test]
fn the_example_is_good() {
    let Loaded { config, warnings } = read(EXAMPLE).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(config.gitea.token.expose(), "s3cret");
    assert_eq!(config.people.operators, [Grant::Writers]);
    assert_eq!(config.agents.len(), 3);
    assert!(matches!(config.agents[0].kind, AgentKind::Hermes { .. }));
    assert_eq!(config.pools[0].name, "groq-free");
    assert_eq!(config.budget.issue, MicroUsd(2_000_000));
    assert_eq!(config.score.weights.urgency, 350_000);
    assert_eq!(config.dispatch.ask.last(), Some(&AskBefore::Over(MicroUsd(5_000_000))));
    assert_eq!(config.dispatch.authors, Authors::ReadersAnd(Vec::new()));
    assert_eq!(config.agents[0].price, None);
    assert!(matches!(config.engine, EngineConfig::Embedded));
}

#[test]
fn what_is_commented_out_is_the_default() {
    let all = uncommented(true, false);
    let settings = |text: &str| text.lines().filter(|line| is_setting(line)).count();
    assert_eq!(settings(&all) - settings(EXAMPLE), 63, "a default was not found");
    assert_eq!(format!("{:#?}", config(&all)), format!("{:#?}", config(EXAMPLE)));
}

#[test]
fn what_is_an_example_works() {
    let config = config(&uncommented(true, true));
    assert_eq!(config.crew.manager.as_deref(), Some("groq"));
    assert_eq!(config.routines[0].when.to_string(), "Mon 06:00");
    assert_eq!(config.pools[0].concurrent, Some(2));
    assert_eq!(config.pools[0].windows[1].ceiling.runs, Some(40));
    assert_eq!(config.agents[0].price.unwrap().output, 2_000_000);
    assert_eq!(config.timeouts(&config.agents[0]).total.as_secs(), 4 * 3600);
    let AgentKind::Acp(acp) = &config.agents[2].kind else { panic!("{:?}", config.agents[2]) };
    assert_eq!(acp.permissions.first(), Some(&AcpPermission::Read));
    assert_eq!(config.worker.host.as_deref(), Some("vps-1"));
    let notify = config.notify.as_ref().unwrap();
    assert_eq!((notify.kind, notify.host().as_str()), (NotifyKind::Ntfy, "ntfy.example.org"));
    assert!(notify.token.is_some());
    let otlp = config.otlp.as_ref().unwrap();
    assert_eq!(otlp.url.as_str(), "http://127.0.0.1:4318/v1/traces");
    assert!(otlp.headers.is_some());
    assert_eq!(config.guards.scripts[0].name, "poka-yoke");
    assert_eq!(config.guards.runs.test.unwrap().command.words()[0], "cargo");
    assert_eq!(config.guards.runs.prepare.unwrap().words()[1], "fetch");
}

#[test]
fn the_least_is_little() {
    let config = config(LEAST);
    assert!(config.webhook.is_none() && config.report.is_none() && config.agents.is_empty());
    assert!(config.notify.is_none() && config.otlp.is_none());
}
