//! README, the alert rules and the dashboard name the metrics that there are, and no others.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::Value;
use timmy::core::model::incident::Incident;

use crate::support::app::App;
use crate::support::forge::{DOOR, found};
use crate::support::scrape::Scrape;

const README: &str = include_str!("../../../README.md");
const ALERTS: &str = include_str!("../../../examples/prometheus/alerts.yml");
const DASHBOARD: &str = include_str!("../../../examples/grafana/timmy.json");

/// A scrape of a timmy that runs, with an agent.
async fn scrape() -> Scrape {
    let furnish = |sandbox: &_| found(sandbox, "foundation", &[DOOR]);
    let mut app = App::asleep(furnish, |config| {
        config.with("web.listen", "127.0.0.1:0").agent("ezra", ["coder"])
    })
    .await;
    app.wake().await;
    let scrape = app.timmy.scrape().await;
    app.timmy.stop().await;
    scrape
}

/// The families that expressions name, and which of them are not told.
fn unknown(expressions: &[String], families: &BTreeMap<String, String>) -> Vec<String> {
    let name = Regex::new(r"\btimmy_[a-z0-9_]+").unwrap();
    let named = expressions.iter().flat_map(|expression| name.find_iter(expression));
    let is_told = |name: &str| {
        let of_histogram = ["_bucket", "_sum", "_count"].iter().find_map(|end| {
            name.strip_suffix(end)
                .filter(|own| families.get(*own).is_some_and(|k| k == "histogram"))
        });
        of_histogram.is_some() || families.get(name).is_some_and(|kind| kind != "histogram")
    };
    named.map(|found| found.as_str().to_owned()).filter(|name| !is_told(name)).collect()
}

/// Every label by which they choose or group is one of a sample.
fn unknown_labels(expressions: &[String], scrape: &Scrape) -> BTreeSet<String> {
    let known: BTreeSet<&str> =
        scrape.labels().into_iter().map(|(name, _)| name).chain(["job", "instance"]).collect();
    let chosen = Regex::new(r#"([a-z_]+)\s*(?:=~|!~|!=|=)\s*""#).unwrap();
    let grouped = Regex::new(r"\b(?:by|on|ignoring|without)\s*\(([^)]*)\)").unwrap();
    let all = expressions.iter().flat_map(|expression| {
        let chosen = chosen.captures_iter(expression).map(|found| found[1].to_owned());
        let grouped = grouped.captures_iter(expression).flat_map(|found| {
            found[1].split(',').map(|label| label.trim().to_owned()).collect::<Vec<_>>()
        });
        chosen.chain(grouped).collect::<Vec<_>>()
    });
    all.filter(|label| !label.is_empty() && !known.contains(label.as_str())).collect()
}

fn alert_expressions() -> Vec<String> {
    let mut expressions = Vec::new();
    for line in ALERTS.lines() {
        if let Some(expression) = line.trim_start().strip_prefix("expr: ") {
            expressions.push(expression.to_owned());
        }
    }
    expressions
}

/// All that stands at `expr` in the dashboard.
fn dashboard_expressions(value: &Value) -> Vec<String> {
    match value {
        Value::Object(entries) => entries
            .iter()
            .flat_map(|(key, value)| match (key.as_str(), value.as_str()) {
                ("expr", Some(expression)) => vec![expression.to_owned()],
                _ => dashboard_expressions(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(dashboard_expressions).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn readme_lists_all_metrics_with_their_types() {
    let row = Regex::new(r"^\| `(timmy_[a-z0-9_]+)[`{].*\| (counter|gauge|histogram) \|").unwrap();
    let listed: BTreeMap<String, String> = README
        .lines()
        .filter_map(|line| row.captures(line))
        .map(|found| (found[1].to_owned(), found[2].to_owned()))
        .collect();
    assert_eq!(listed, scrape().await.families);
}

#[tokio::test]
async fn alerts_and_dashboard_name_what_is_told() {
    let scrape = scrape().await;
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    for expressions in [alert_expressions(), dashboard_expressions(&dashboard)] {
        assert!(expressions.len() >= 10, "{expressions:?}");
        assert_eq!(unknown(&expressions, &scrape.families), [""; 0]);
        assert_eq!(unknown_labels(&expressions, &scrape), BTreeSet::new());
    }
    let made_up = ["rate(timmy_no_such_total[5m]) > 0".to_owned()];
    assert_eq!(unknown(&made_up, &scrape.families), ["timmy_no_such_total"]);
}

/// What calls nobody calls nobody by this way either.
#[test]
fn what_calls_nobody_is_no_alert() {
    let left_out = Incident::CALLS_NOBODY.join("|");
    let chosen = format!("timmy_incidents_open{{kind!~\"{left_out}\"}}");
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    for expressions in [alert_expressions(), dashboard_expressions(&dashboard)] {
        let about: Vec<_> =
            expressions.iter().filter(|one| one.contains("timmy_incidents_open")).collect();
        assert!(!about.is_empty());
        for expression in about {
            assert!(expression.contains(&chosen), "{expression}");
        }
    }
}

/// Names follow Prometheus' conventions: what a family is shows in its name.
#[tokio::test]
async fn names_tell_type_and_unit() {
    for (name, kind) in scrape().await.families {
        assert!(name.starts_with("timmy_"), "{name}");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
        if kind == "histogram" {
            assert!(name.ends_with("_seconds"), "{name}");
        }
        for unit in ["_ms", "_minutes", "_kb", "_milliseconds", "_micros"] {
            assert!(!name.contains(unit), "{name} is in no base unit");
        }
    }
}

/// Each rule says how long, how bad, and what is to be done; each panel has a place.
#[test]
fn rules_and_panels_are_whole() {
    let rules: Vec<&str> = ALERTS.split("- alert: ").skip(1).collect();
    assert!(rules.len() >= 10);
    for rule in rules {
        for part in ["expr: ", "for: ", "severity: ", "summary: ", "description: "] {
            assert_eq!(rule.matches(part).count(), 1, "{part} of {rule}");
        }
    }
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<i64> = panels.iter().map(|panel| panel["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "two panels have one id");
    for panel in panels {
        assert!(panel["title"].as_str().is_some_and(|title| !title.is_empty()), "{panel}");
        assert!(panel["gridPos"]["w"].as_i64().is_some_and(|width| (1..=24).contains(&width)));
    }
}
