//! Can whoever runs timmy look at its metrics?

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::check_result::CheckResult;
use crate::config::WebConfig;

const WEB: &str = "web";

/// How long the listener may take to say that it is alive.
const PATIENCE: Duration = Duration::from_secs(5);

/// So much of what is answered is read at most.
const LONGEST: u64 = 4 << 10;

/// What is found at the address.
enum Found {
    /// timmy's listener answers, or would.
    Well,
    /// Another program has it, or it cannot be had.
    Taken(String),
}

/// Asks the listener of a `serve` that runs, or tries whether the address can be had; none if
/// nobody wants to look.
pub(super) async fn check(web: WebConfig, is_served: bool) -> Option<CheckResult> {
    let address = web.listen?;
    let found = match is_served {
        true => asked(address).await,
        false => match TcpListener::bind(address).await {
            Ok(_) => Found::Well,
            Err(error) => Found::Taken(error.to_string()),
        },
    };
    Some(judge(address, &found, is_served))
}

async fn asked(address: SocketAddr) -> Found {
    match timeout(PATIENCE, health(near(address))).await {
        Ok(Ok(answer)) if answer.ends_with("\r\n\r\nok\n") => Found::Well,
        Ok(Ok(_)) => Found::Taken("something else answers there".to_owned()),
        Ok(Err(error)) => Found::Taken(error.to_string()),
        Err(_) => Found::Taken(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

/// How one asks on this machine what listens at `address`, which may be all addresses.
fn near(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

async fn health(address: SocketAddr) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").await?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn judge(address: SocketAddr, found: &Found, is_served: bool) -> CheckResult {
    match (found, is_served) {
        (Found::Well, true) => {
            CheckResult::good(WEB, format!("Metrics are at http://{address}/metrics."))
        }
        (Found::Well, false) => CheckResult::good(
            WEB,
            format!("Metrics will be at http://{address}/metrics once timmy serve runs."),
        ),
        (Found::Taken(why), _) => CheckResult::warning(
            WEB,
            format!("There are no metrics at web.listen, {address}: {why}."),
            "Another program may have that address: set web.listen to another one, or to \"off\", \
             and restart timmy serve.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::check_result::CheckGrade;
    use crate::cli::doctor::web::*;

    async fn grade(listen: Option<SocketAddr>, is_served: bool) -> Option<CheckGrade> {
        check(WebConfig { listen }, is_served).await.map(|result| result.state)
    }

    #[tokio::test]
    async fn an_address_that_another_has_is_said() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        assert_eq!(grade(Some(address), false).await, Some(CheckGrade::Warning));
        let speaking = tokio::spawn(async move {
            let (mut stream, _) = taken.accept().await.unwrap();
            stream.write_all(b"220 mail.example.org\r\n").await.unwrap();
        });
        assert_eq!(grade(Some(address), true).await, Some(CheckGrade::Warning));
        speaking.await.unwrap();
        let any_port = "127.0.0.1:0".parse().unwrap();
        assert_eq!(grade(Some(any_port), false).await, Some(CheckGrade::Good));
        assert_eq!(grade(None, true).await, None);
    }

    #[test]
    fn all_addresses_are_asked_at_this_machine() {
        let near = |address: &str| near(address.parse().unwrap()).to_string();
        assert_eq!(near("0.0.0.0:8788"), "127.0.0.1:8788");
        assert_eq!(near("[::]:8788"), "[::1]:8788");
        assert_eq!(near("10.0.0.7:8788"), "10.0.0.7:8788");
    }
}
