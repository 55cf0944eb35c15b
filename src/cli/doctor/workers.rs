//! Can workers on other hosts come, and be sure whom they meet?

use super::check_result::CheckResult;
use crate::config::{AgentKind, Config, WorkerConfig};
use crate::temporal;
use crate::web::Tls;

const WORKERS: &str = "workers";

/// None where nobody is listened to, and nobody has to be.
pub(super) fn check(config: &Config) -> Option<CheckResult> {
    if config.engine.temporal().is_none() {
        return nobody_listens(&config.worker);
    }
    let is_away = |kind: &AgentKind| matches!(kind, AgentKind::Elsewhere { .. });
    match config.agents.iter().find(|agent| is_away(&agent.kind)) {
        Some(agent) if config.worker.listen.is_none() => Some(CheckResult::broken(
            WORKERS,
            format!(
                "{} is on another host, and no worker can come: serve does not start.",
                agent.name
            ),
            "Write in worker.listen where workers find this timmy.",
        )),
        None if config.guards.away.is_some() && config.worker.listen.is_none() => {
            Some(CheckResult::broken(
                WORKERS,
                "Guards run on another host, and no worker can come: serve does not start.",
                "Write in worker.listen where workers find this timmy.",
            ))
        }
        // That it cannot be done at all is said elsewhere.
        _ if temporal::is_built().is_err() => None,
        _ => judge(&config.worker),
    }
}

/// What is written of workers means nothing to a timmy that runs jobs by itself.
fn nobody_listens(config: &WorkerConfig) -> Option<CheckResult> {
    let found = format!(
        "worker.listen is {}, and nobody listens there, since engine.kind is not \"temporal\": all agents \
         are driven from here.",
        config.listen?
    );
    let remedy = "Write engine.kind = \"temporal\", or delete the table [worker].";
    Some(CheckResult::warning(WORKERS, found, remedy))
}

fn judge(config: &WorkerConfig) -> Option<CheckResult> {
    let listen = config.listen?;
    let Some(files) = &config.tls else {
        let found = format!(
            "Workers come to {listen} without TLS, over this machine or a private network alone."
        );
        return Some(CheckResult::good(WORKERS, found));
    };
    Some(match Tls::read(&files.certificate, &files.key) {
        Ok(_) => CheckResult::good(WORKERS, format!("Workers come to {listen} over TLS.")),
        Err(error) => CheckResult::broken(
            WORKERS,
            format!("{error}."),
            "Correct worker.cert_file and worker.key_file.",
        ),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::cli::doctor::check_result::CheckGrade;
    use crate::cli::doctor::workers::*;
    use crate::config::CertificateFiles;

    const CERTIFICATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls");

    fn listening(certificate: &str, key: &str) -> CheckResult {
        let file = |name: &str| Path::new(CERTIFICATES).join(name);
        let tls = CertificateFiles { certificate: file(certificate), key: file(key) };
        let listen = Some("0.0.0.0:8789".parse().unwrap());
        judge(&WorkerConfig { listen, tls: Some(tls), ..WorkerConfig::default() }).unwrap()
    }

    #[test]
    fn what_is_shown_to_workers_is_read() {
        assert!(judge(&WorkerConfig::default()).is_none());
        let good = listening("timmy.pem", "timmy.key");
        assert_eq!(good, CheckResult::good(WORKERS, "Workers come to 0.0.0.0:8789 over TLS."));
        for (certificate, key, why) in [
            ("nothing.pem", "timmy.key", "nothing.pem cannot be read"),
            ("timmy.key", "timmy.key", "timmy.key holds no certificate"),
            ("timmy.pem", "timmy.pem", "timmy.pem holds no private key"),
            // Of somebody else.
            ("ca.pem", "timmy.key", "timmy.key is not what is certified by"),
        ] {
            let broken = listening(certificate, key);
            assert_eq!(broken.state, CheckGrade::Broken);
            assert!(broken.found.contains(why), "{}", broken.found);
        }
    }

    #[test]
    fn nobody_is_praised_for_listening_who_does_not() {
        assert!(nobody_listens(&WorkerConfig::default()).is_none());
        let listen = Some("100.64.0.1:8789".parse().unwrap());
        let unheard = nobody_listens(&WorkerConfig { listen, ..WorkerConfig::default() }).unwrap();
        assert_eq!(unheard.state, CheckGrade::Warning);
        assert!(unheard.found.contains("nobody listens there"), "{}", unheard.found);
    }
}
