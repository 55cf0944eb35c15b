//! What passes through a connection that is made.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{sleep, timeout};

use super::client_hello::{self, FirstBytes};
use super::log::Count;
use super::refusal::ReachRefusal;
use super::settings::ReachLimits;
use crate::core::model::endpoint::{Endpoint, host_named};

/// How much is read at once, in bytes.
const PIECE: usize = 16 << 10;

/// What tells a client that its server does not know the name: a fatal alert of TLS.
const UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];

/// Two ends that are connected, and what came from the client already.
pub(super) struct Tunnel<'a> {
    pub(super) client: UnixStream,
    pub(super) server: TcpStream,
    pub(super) endpoint: &'a Endpoint,
    pub(super) early: Vec<u8>,
    pub(super) limits: ReachLimits,
}

impl Tunnel<'_> {
    /// Lets through what both send until both have ended, one fails, or nothing passes any more.
    pub(super) async fn run(mut self, count: &Count<'_>) -> Option<ReachRefusal> {
        let Count { sent, received, .. } = count;
        let (mut from_client, mut to_client) = self.client.split();
        let (mut from_server, mut to_server) = self.server.split();
        let (early, limits, endpoint) = (self.early, self.limits, self.endpoint);
        let mut refused = None;
        let out = async {
            let first = first_bytes(&mut from_client, early, limits.head, endpoint).await;
            let first = match first {
                Ok(first) => first,
                Err(Unfit::Other(name)) => {
                    refused = Some(ReachRefusal::OtherName(endpoint.clone(), name));
                    return Err(io::ErrorKind::PermissionDenied.into());
                }
                Err(Unfit::Broken) => return Err(io::ErrorKind::InvalidData.into()),
            };
            to_server.write_all(&first).await?;
            sent.fetch_add(first.len() as u64, Ordering::Relaxed);
            pass(&mut from_client, &mut to_server, sent).await
        };
        let back = pass(&mut from_server, &mut to_client, received);
        let both = async { tokio::try_join!(out, back).map(drop) };
        // How it ended, both ends know.
        let _ = tokio::select! {
            ended = both => ended,
            () = silence(sent, received, limits.idle) => Ok(()),
        };
        if refused.is_some() {
            let _ = self.client.write_all(&UNRECOGNIZED_NAME).await;
        }
        refused
    }
}

/// Why nothing of what a client sends is let through.
enum Unfit {
    /// It asks for this server.
    Other(String),
    Broken,
}

/// The first bytes of the client: of TLS all up to the name that it asks for, which must be that of
/// `endpoint`. Else one server that stands for many would be the way to all of them.
async fn first_bytes(
    from: &mut (impl AsyncRead + Unpin),
    mut bytes: Vec<u8>,
    time: Duration,
    endpoint: &Endpoint,
) -> Result<Vec<u8>, Unfit> {
    // Until something comes, a client may wait for its server to speak.
    if bytes.is_empty() && from.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
        return Ok(bytes);
    }
    let whole = async {
        loop {
            match client_hello::read(&bytes) {
                FirstBytes::Other | FirstBytes::Tls(None) => return Ok(bytes),
                FirstBytes::Tls(Some(name)) => {
                    return match host_named(&name) {
                        Ok(host) if host == *endpoint.host() => Ok(bytes),
                        _ => Err(Unfit::Other(name)),
                    };
                }
                FirstBytes::More if bytes.len() < 2 * client_hello::LONGEST => {}
                FirstBytes::More | FirstBytes::Broken => return Err(Unfit::Broken),
            }
            if from.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return Err(Unfit::Broken);
            }
        }
    };
    timeout(time, whole).await.unwrap_or(Err(Unfit::Broken))
}

/// Gives on all that comes, and then that nothing more does.
async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    count: &AtomicU64,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&piece[..length]).await?;
        count.fetch_add(length as u64, Ordering::Relaxed);
    }
}

/// Returns once nothing has passed for as long as `time`.
async fn silence(sent: &AtomicU64, received: &AtomicU64, time: Duration) {
    let passed = || (sent.load(Ordering::Relaxed), received.load(Ordering::Relaxed));
    let mut before = passed();
    loop {
        sleep(time).await;
        let now = passed();
        if now == before {
            return;
        }
        before = now;
    }
}
