//! Can agents reach the servers that are named for them, and only these?

use std::net::IpAddr;
use std::time::Duration;

use super::check_result::CheckResult;
use crate::config::{AgentConfig, SandboxKind};
use crate::confinement::{AddressKind, Resolve, addresses_of};
use crate::core::model::endpoint::Endpoint;

const REACH: &str = "reach";

/// How long a name may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks up each server of each agent that names some. `has_proxy`: whether this machine itself
/// reaches others through one.
pub(super) async fn check(
    agents: &[AgentConfig],
    resolver: &dyn Resolve,
    has_proxy: bool,
) -> Vec<CheckResult> {
    let mut results = Vec::new();
    for agent in agents {
        let local = agent.kind.local().filter(|local| local.sandbox == SandboxKind::Bwrap);
        let Some(endpoints) = local.and_then(|local| local.reach.as_ref()) else { continue };
        let before = results.len();
        for endpoint in endpoints {
            let found = addresses_of(resolver, endpoint, PATIENCE).await;
            results.extend(trouble(&agent.name, endpoint, found));
        }
        if results.len() == before {
            results.push(CheckResult::good(REACH, all(&agent.name, endpoints)));
        }
    }
    if has_proxy && !results.is_empty() {
        results.push(CheckResult::warning(
            REACH,
            "HTTPS_PROXY is set, and the servers of agent.reach are connected to without it.",
            "See that this machine reaches these servers itself.",
        ));
    }
    results
}

fn all(agent: &str, endpoints: &[Endpoint]) -> String {
    let named: Vec<String> = endpoints.iter().map(Endpoint::to_string).collect();
    match named[..] {
        [] => format!("The agent {agent} reaches no server at all."),
        _ => format!("The agent {agent} reaches {}, and nothing else.", named.join(", ")),
    }
}

/// What keeps an agent from a server.
fn trouble(
    agent: &str,
    endpoint: &Endpoint,
    found: std::io::Result<Vec<IpAddr>>,
) -> Option<CheckResult> {
    let kinds: Vec<AddressKind> = match &found {
        Ok(addresses) => addresses.iter().map(|address| AddressKind::of(*address)).collect(),
        Err(_) => Vec::new(),
    };
    let is_address = !matches!(endpoint.host(), url::Host::Domain(_));
    let is_private = kinds.contains(&AddressKind::Private);
    if kinds.contains(&AddressKind::Public) || (is_private && is_address) {
        return None;
    }
    let (what, remedy) = match found {
        Err(why) => (
            format!("which cannot be looked up: {why}"),
            "Correct agent.reach, or see why this machine does not know that name.",
        ),
        Ok(_) if is_private => (
            "which leads to a private network, so no connection is made".to_owned(),
            "If it may reach that server, name its address itself, such as \"192.168.1.20:11434\".",
        ),
        Ok(_) => (
            "which has no address that an agent may reach".to_owned(),
            "Correct agent.reach. This machine itself, its neighbours without an address of \
             their own, and what a cloud tells its machines are never reached.",
        ),
    };
    let found = format!("The agent {agent} may reach {endpoint}, {what}.");
    Some(CheckResult::broken(REACH, found, remedy))
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::check_result::CheckGrade;
    use crate::cli::doctor::reach::*;

    fn said(endpoint: &str, addresses: &[&str]) -> Option<CheckResult> {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        trouble("ezra", &endpoint.parse().unwrap(), Ok(addresses))
    }

    #[test]
    fn a_server_that_cannot_be_reached_is_told_with_what_mends_it() {
        assert_eq!(said("api.example.com:443", &["10.0.0.1", "1.1.1.1"]), None);
        assert_eq!(said("10.0.0.1:443", &["10.0.0.1"]), None);
        let private = said("api.example.com:443", &["10.0.0.1"]).unwrap();
        assert_eq!(private.state, CheckGrade::Broken);
        assert_eq!(
            private.found,
            "The agent ezra may reach api.example.com:443, which leads to a private network, so no \
             connection is made."
        );
        assert!(private.remedy.unwrap().contains("name its address itself"));
        for (endpoint, address) in [("127.0.0.1:7233", "127.0.0.1"), ("meta.example:80", "fe80::1")]
        {
            let found = said(endpoint, &[address]).unwrap().found;
            assert!(found.ends_with("no address that an agent may reach."), "{found}");
        }
        let unknown = Err(std::io::Error::other("no such name"));
        let unknown = trouble("ezra", &"api.example.com:443".parse().unwrap(), unknown).unwrap();
        assert!(unknown.found.ends_with("cannot be looked up: no such name."));
    }
}
