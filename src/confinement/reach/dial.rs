//! How a server is connected to: by an address that was looked at, and by no other.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Host;

use super::address::AddressKind;
use super::refusal::ReachRefusal;
use super::resolve::Resolve;
use super::settings::Reach;
use crate::core::model::endpoint::Endpoint;

/// How many addresses of a server are tried.
const MOST_TRIED: usize = 4;

/// The addresses of `endpoint`.
///
/// # Errors
/// If they cannot be told in time.
pub async fn addresses(
    resolver: &dyn Resolve,
    endpoint: &Endpoint,
    time: Duration,
) -> io::Result<Vec<IpAddr>> {
    Ok(match endpoint.host() {
        Host::Ipv4(address) => vec![IpAddr::V4(*address)],
        Host::Ipv6(address) => vec![IpAddr::V6(*address)],
        Host::Domain(name) => timeout(time, resolver.resolve(name)).await??,
    })
}

/// Connects to `endpoint`.
///
/// # Errors
/// If it may not be reached, or cannot.
pub(super) async fn dial(reach: &Reach, endpoint: &Endpoint) -> Result<TcpStream, ReachRefusal> {
    if !reach.names(endpoint) {
        return Err(ReachRefusal::NotNamed(endpoint.clone()));
    }
    let unreachable = |why: io::Error| ReachRefusal::Unreachable(endpoint.clone(), in_words(&why));
    let time = reach.limits.connect;
    let found = addresses(&*reach.resolver, endpoint, time).await.map_err(unreachable)?;
    let dialled = found.iter().map(|address| SocketAddr::new(*address, endpoint.port()));
    let may: Vec<SocketAddr> =
        dialled.filter(|address| reach.may_dial(endpoint, *address)).take(MOST_TRIED).collect();
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    if may.is_empty() && !found.is_empty() {
        let is_private = |address: &IpAddr| AddressKind::of(*address) == AddressKind::Private;
        return Err(ReachRefusal::NotPublic(endpoint.clone(), found.iter().any(is_private)));
    }
    for address in may {
        match timeout(time, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // What passes here was cut into pieces by whoever sent it.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => last = error,
            Err(late) => last = late.into(),
        }
    }
    Err(unreachable(last))
}

fn in_words(why: &io::Error) -> String {
    match why.kind() {
        io::ErrorKind::NotFound => "it has no address".to_owned(),
        io::ErrorKind::TimedOut => "it does not answer".to_owned(),
        io::ErrorKind::ConnectionRefused => "the connection is refused".to_owned(),
        _ => why.to_string(),
    }
}
