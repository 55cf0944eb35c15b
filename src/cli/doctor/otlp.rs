//! Is anybody sent traces, and does the collector take them?

use super::check_result::CheckResult;
use crate::config::OtlpConfig;
use crate::otlp::{OtlpError, probe};

const OTLP: &str = "otlp";

/// Asks the collector, with a request that holds no span.
pub(super) async fn check(config: Option<&OtlpConfig>) -> Option<CheckResult> {
    let config = config?;
    Some(judge(config, probe(config).await))
}

fn judge(config: &OtlpConfig, probed: Result<Result<(), String>, OtlpError>) -> CheckResult {
    let host = config.host();
    match probed {
        Ok(Ok(())) => CheckResult::good(OTLP, format!("{host} takes traces.")),
        Ok(Err(why)) => CheckResult::warning(
            OTLP,
            format!("{host} takes no traces: {why}."),
            "All else goes on without them. Correct [otlp], or look at the collector's log.",
        ),
        Err(error) => CheckResult::broken(
            OTLP,
            format!("{error}."),
            "timmy serve does not start like this: do what that says.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::check_result::CheckGrade;
    use crate::cli::doctor::otlp::*;

    fn config() -> OtlpConfig {
        let url = "https://otel.example.org/a-path-that-is-a-secret/v1/traces".parse().unwrap();
        OtlpConfig { url, headers: None }
    }

    #[test]
    fn it_names_the_collector_and_not_its_path() {
        let good = judge(&config(), Ok(Ok(())));
        assert_eq!(
            (good.state, good.found.as_str()),
            (CheckGrade::Good, "otel.example.org takes traces.")
        );
        let away = judge(&config(), Ok(Err("it answers 503".to_owned())));
        assert_eq!(away.state, CheckGrade::Warning);
        assert_eq!(away.found, "otel.example.org takes no traces: it answers 503.");
    }

    #[test]
    fn a_build_without_it_says_how_to_build() {
        let without = judge(&config(), Err(OtlpError::NotBuilt));
        assert_eq!(without.state, CheckGrade::Broken);
        assert!(without.found.contains("--features otlp"), "{}", without.found);
    }
}
