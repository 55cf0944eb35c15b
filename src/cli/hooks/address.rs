//! When two addresses lead to the same place, however they are written. Pure.

use url::{Host, Url};

/// Whether a webhook that calls `called` reaches what listens at `ours`, as far as the addresses
/// show: `http://LOCALHOST:80/webhook/` is `http://127.0.0.1/webhook`.
pub(crate) fn is_same_place(called: &Url, ours: &Url) -> bool {
    let place = |url: &Url| {
        let path = url.path().trim_end_matches('/').to_owned();
        (url.scheme().to_owned(), host(url), url.port_or_known_default(), path)
    };
    place(called) == place(ours)
}

/// Whether both are on one machine, as far as the addresses show.
pub(crate) fn is_same_host(one: &Url, other: &Url) -> bool {
    host(one) == host(other)
}

/// All names of the machine that calls are one. (Letters of any case are one to [`Url`].)
fn host(url: &Url) -> Option<String> {
    let is_loopback = match url.host()? {
        Host::Domain(name) => name.trim_end_matches('.') == "localhost",
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.to_canonical().is_loopback(),
    };
    Some(match is_loopback {
        true => "localhost".to_owned(),
        false => url.host_str()?.trim_end_matches('.').to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use crate::cli::hooks::address::*;

    #[test]
    fn other_spellings_lead_to_the_same_place() {
        let url = |text: &str| text.parse::<Url>().unwrap();
        let ours = url("http://127.0.0.1:80/webhook");
        for same in [
            "http://localhost/webhook",
            "http://LocalHost:80/webhook",
            "http://localhost./webhook",
            "http://[::1]/webhook",
            "http://127.0.0.2/webhook",
            "http://127.0.0.1/webhook/",
            "http://127.0.0.1/webhook?from=gitea#top",
        ] {
            assert!(is_same_place(&url(same), &ours), "{same}");
        }
        for other in [
            "https://127.0.0.1/webhook",
            "http://127.0.0.1:8080/webhook",
            "http://127.0.0.1/webhooks",
            "http://192.168.0.1/webhook",
        ] {
            assert!(!is_same_place(&url(other), &ours), "{other}");
        }
        let ours = url("https://timmy.example.org/webhook");
        assert!(is_same_place(&url("HTTPS://Timmy.Example.org.:443/webhook/"), &ours));
    }
}
