//! Is the Temporal server there by which jobs are run, with the namespace that is named?

use super::check_result::CheckResult;
use crate::config::{EngineConfig, TemporalConfig};
use crate::temporal;

const SERVER: &str = "job server";

/// Nothing where timmy runs jobs by itself.
pub(super) async fn check(engine: &EngineConfig) -> Vec<CheckResult> {
    let Some(server) = engine.temporal() else { return Vec::new() };
    if temporal::is_built().is_err() {
        return vec![not_built()];
    }
    let found = temporal::find_namespace(server).await;
    let mut results = vec![judge(server, found)];
    results.extend(of_the_way(server));
    results
}

fn not_built() -> CheckResult {
    CheckResult::broken(
        SERVER,
        "engine.kind is \"temporal\", and this timmy was built without it: serve does not start.",
        "Build it with cargo build --release --features temporal, or write engine.kind = \"embedded\".",
    )
}

fn judge(server: &TemporalConfig, found: Result<(), String>) -> CheckResult {
    let TemporalConfig { address, namespace, .. } = server;
    match found {
        Ok(()) => {
            let found = format!("The Temporal server at {address} has the namespace {namespace}.");
            CheckResult::good(SERVER, found)
        }
        Err(why) => CheckResult::broken(
            SERVER,
            format!("Jobs stand still: {why}."),
            format!(
                "Start it, and make the namespace: temporal server start-dev --namespace {namespace}, or \
                 temporal operator namespace create --namespace {namespace}. Else correct [engine]."
            ),
        ),
    }
}

/// What goes there without TLS is seen by whoever is on the way.
fn of_the_way(server: &TemporalConfig) -> Option<CheckResult> {
    server.trusts_a_name().then(|| {
        let found = format!(
            "engine.address is {} without TLS: wherever that name leads, tickets of workers go there in \
             the clear.",
            server.address
        );
        let remedy = "Write the private address as a number, or let the server have a certificate, and \
                      write tls = true.";
        CheckResult::warning(SERVER, found, remedy)
    })
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::check_result::CheckGrade;
    use crate::cli::doctor::job_server::*;

    fn server(address: &str) -> TemporalConfig {
        TemporalConfig {
            address: address.to_owned(),
            namespace: "timmy".to_owned(),
            tls: None,
            api_key: None,
        }
    }

    #[tokio::test]
    async fn who_cannot_be_asked_is_not_praised() {
        assert!(check(&EngineConfig::Embedded).await.is_empty());
        // Nobody listens there.
        let results = check(&EngineConfig::Temporal(server("127.0.0.1:1"))).await;
        let [broken] = &results[..] else { panic!("{results:?}") };
        assert_eq!(broken.state, CheckGrade::Broken);
        let said = match temporal::is_built() {
            Ok(()) => "127.0.0.1:1 cannot be reached",
            Err(_) => "built without it",
        };
        assert!(broken.found.contains(said), "{}", broken.found);
    }

    #[test]
    fn what_it_lacks_is_said_with_what_to_do() {
        let near = server("100.64.0.1:7233");
        assert_eq!(judge(&near, Ok(())).state, CheckGrade::Good);
        let broken = judge(&near, Err("Namespace timmy is not found".to_owned()));
        assert_eq!(broken.state, CheckGrade::Broken);
        assert!(broken.remedy.unwrap().contains("--namespace timmy"));
        assert_eq!(of_the_way(&near), None);
        let named = of_the_way(&server("temporal.internal:7233")).unwrap();
        assert_eq!(named.state, CheckGrade::Warning);
    }
}
