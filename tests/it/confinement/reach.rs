//! The proxy to the servers that are named, and what is tried on it from its socket.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use timmy::confinement::{Reach, ReachLimits, ReachProxy, Resolve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::support::process::free_port;

/// What names mean in a test: the next answer for each question, and the last one for ever.
pub struct Names(Mutex<VecDeque<Vec<IpAddr>>>);

impl Names {
    pub fn told(answers: &[&[&str]]) -> Arc<Self> {
        let address = |text: &&str| text.parse().unwrap();
        let answers = answers.iter().map(|answer| answer.iter().map(address).collect());
        Arc::new(Self(Mutex::new(answers.collect())))
    }
}

impl Resolve for Names {
    fn resolve<'a>(
        &'a self,
        _: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        Box::pin(async {
            let mut answers = self.0.lock().unwrap();
            let next = if answers.len() > 1 { answers.pop_front() } else { None };
            let next = next.or_else(|| answers.front().cloned());
            next.ok_or_else(|| io::Error::other("nobody knows that name"))
        })
    }
}

/// A server that says back what it hears, and ends when its peer has.
pub async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
                let _ = to.shutdown().await;
            });
        }
    });
    address
}

/// What lets a run reach `server` as `api.example.com`.
pub fn reach(server: SocketAddr) -> Reach {
    let endpoint = format!("api.example.com:{}", server.port()).parse().unwrap();
    Reach::new(vec![endpoint], PathBuf::from(crate::support::process::BINARY))
        .resolving_by(Names::told(&[&["127.0.0.1"]]))
        .allowing(server)
}

struct Proxy {
    folder: TempDir,
    proxy: ReachProxy,
}

impl Proxy {
    fn begin(reach: Reach) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("proxy")).unwrap();
        Self { folder, proxy: ReachProxy::begin(reach, listener) }
    }

    async fn connected(&self) -> UnixStream {
        UnixStream::connect(self.folder.path().join("proxy")).await.unwrap()
    }

    /// A connection on which `sent` was said first.
    async fn said(&self, sent: &str) -> UnixStream {
        let mut stream = self.connected().await;
        stream.write_all(sent.as_bytes()).await.unwrap();
        stream
    }

    /// All that is answered to `sent`.
    async fn answer(&self, sent: &str) -> String {
        rest(self.said(sent).await).await
    }

    /// The first line of the answer to a request for `target`.
    async fn verdict(&self, target: &str) -> String {
        let answer = self.answer(&connect(target)).await;
        answer.lines().next().unwrap_or_default().to_owned()
    }

    /// A connection to `target` that was made.
    async fn through(&self, target: &str) -> UnixStream {
        let mut stream = self.said(&connect(target)).await;
        let mut answer = [0; 26];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 Connected\r\n\r\n");
        stream
    }
}

fn connect(target: &str) -> String {
    format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n")
}

async fn rest(mut stream: UnixStream) -> String {
    let mut all = Vec::new();
    // Whoever is cut off has read all that there is.
    let _ = stream.read_to_end(&mut all).await;
    String::from_utf8_lossy(&all).into_owned()
}

/// The first message of TLS for `name`.
fn hello(name: &str) -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let name = name.to_owned().try_into().unwrap();
    let mut bytes = Vec::new();
    rustls::ClientConnection::new(config.into(), name).unwrap().write_tls(&mut bytes).unwrap();
    bytes
}

#[tokio::test]
async fn the_server_that_is_named_is_reached_and_what_passes_is_counted() {
    let server = echo().await;
    let proxy = Proxy::begin(reach(server));
    let mut stream = proxy.through(&format!("API.example.com.:{}", server.port())).await;
    stream.write_all(b"hello").await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(rest(stream).await, "hello", "also after this end was shut");
    let port = server.port();
    let told = format!("It reached api.example.com:{port}: 1 connection, 5 bytes out, 5 bytes in.");
    assert_eq!(proxy.proxy.end().await, [told]);
}

#[tokio::test]
async fn nothing_else_is_reached_and_each_is_told_once() {
    let server = echo().await;
    let port = server.port();
    let proxy = Proxy::begin(reach(server));
    let refused = "HTTP/1.1 403 Not Named In agent.reach";
    for target in [
        format!("other.example.com:{port}"),
        format!("other.example.com:{port}"),
        format!("api.example.com.other.example:{port}"),
        format!("example.com:{port}"),
        "api.example.com:1".to_owned(),
        // The very address behind the name.
        server.to_string(),
        format!("[::ffff:127.0.0.1]:{port}"),
        format!("0x7f.1:{port}"),
        format!("localhost:{port}"),
        "127.0.0.1:7233".to_owned(),
        "169.254.169.254:80".to_owned(),
        "10.0.0.1:443".to_owned(),
    ] {
        assert_eq!(proxy.verdict(&target).await, refused, "{target}");
    }
    for target in [format!("u@api.example.com:{port}"), "api.example.com".to_owned()] {
        assert_eq!(proxy.verdict(&target).await, "HTTP/1.1 400 Bad Request", "{target}");
    }
    let plain = proxy.answer(&format!("GET http://api.example.com:{port}/ HTTP/1.1\r\n\r\n")).await;
    assert!(plain.starts_with("HTTP/1.1 405 Only CONNECT Passes Here\r\nAllow: CONNECT\r\n"));
    assert!(plain.ends_with("use an address that begins with https.\n"), "{plain}");
    let lines = proxy.proxy.end().await;
    let other =
        format!("It tried to reach other.example.com:{port}: add it to agent.reach if it may.");
    assert_eq!(lines.iter().filter(|line| **line == other).count(), 1, "{lines:?}");
    assert!(
        lines.contains(
            &"It tried to reach api.example.com without TLS: only https passes.".to_owned()
        )
    );
    assert!(!lines.iter().any(|line| line.contains("It reached")), "{lines:?}");
}

#[tokio::test]
async fn a_name_that_leads_to_no_public_address_is_not_reached() {
    let server = echo().await;
    for (addresses, says) in [
        (&["127.0.0.1"][..], false),
        (&["169.254.169.254"], false),
        (&["::1"], false),
        (&["::ffff:127.0.0.1"], false),
        (&["64:ff9b::7f00:1"], false),
        (&["10.0.0.1", "192.168.0.1"], true),
        (&["fd00::1"], true),
    ] {
        let endpoint = format!("api.example.com:{}", server.port()).parse().unwrap();
        let named = Reach::new(vec![endpoint], PathBuf::new());
        let proxy = Proxy::begin(named.resolving_by(Names::told(&[addresses])));
        let target = format!("api.example.com:{}", server.port());
        assert_eq!(proxy.verdict(&target).await, "HTTP/1.1 403 No Public Address", "{addresses:?}");
        let lines = proxy.proxy.end().await;
        assert_eq!(lines[0].contains("Name its address itself"), says, "{lines:?}");
    }
    // Nor is this machine when its address is named.
    let named = Reach::new(vec![server.to_string().parse().unwrap()], PathBuf::new());
    let verdict = Proxy::begin(named).verdict(&server.to_string()).await;
    assert_eq!(verdict, "HTTP/1.1 403 No Public Address");
}

#[tokio::test]
async fn a_name_that_changes_its_meaning_leads_nowhere_else() {
    let server = echo().await;
    let names = Names::told(&[&["127.0.0.1"], &["127.0.0.1"]]);
    // It is asked once for each connection, so what was looked at is what is connected to.
    let both = reach(server).resolving_by(names.clone());
    let proxy = Proxy::begin(both);
    drop(proxy.through(&format!("api.example.com:{}", server.port())).await);
    assert_eq!(names.0.lock().unwrap().len(), 1);
    // The next answer is looked at again.
    names.0.lock().unwrap()[0] = vec!["10.0.0.1".parse().unwrap()];
    let verdict = proxy.verdict(&format!("api.example.com:{}", server.port())).await;
    assert_eq!(verdict, "HTTP/1.1 403 No Public Address");
}

#[tokio::test]
async fn of_several_addresses_only_those_that_may_be_are_tried() {
    let server = echo().await;
    let names = Names::told(&[&["127.0.0.2", "::1", "127.0.0.1"]]);
    let proxy = Proxy::begin(reach(server).resolving_by(names));
    drop(proxy.through(&format!("api.example.com:{}", server.port())).await);
}

#[tokio::test]
async fn what_does_not_answer_is_said() {
    let gone = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let proxy = Proxy::begin(reach(gone));
    let target = format!("api.example.com:{}", gone.port());
    assert_eq!(proxy.verdict(&target).await, "HTTP/1.1 502 Bad Gateway");
    let unknown = reach(gone).resolving_by(Names::told(&[]));
    let answer = Proxy::begin(unknown).answer(&connect(&target)).await;
    assert!(answer.contains("cannot be reached: nobody knows that name."), "{answer}");
}

#[tokio::test]
async fn tls_asks_for_the_server_that_was_named() {
    let server = echo().await;
    let proxy = Proxy::begin(reach(server));
    let target = format!("api.example.com:{}", server.port());
    let mut good = proxy.through(&target).await;
    let message = hello("api.example.com");
    // In pieces, as networks deliver it.
    for piece in message.chunks(50) {
        good.write_all(piece).await.unwrap();
    }
    let mut heard = vec![0; message.len()];
    good.read_exact(&mut heard).await.unwrap();
    assert_eq!(heard, message);
    drop(good);
    let mut front = proxy.through(&target).await;
    front.write_all(&hello("hidden.example.org")).await.unwrap();
    let mut heard = Vec::new();
    front.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, [21, 3, 3, 0, 2, 2, 112], "the alert, and nothing of the server");
    let lines = proxy.proxy.end().await;
    let said = format!("It asked for hidden.example.org through a connection to {target}.");
    assert!(lines.contains(&said), "{lines:?}");
}

#[tokio::test]
async fn who_speaks_first_is_heard() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Proxy::begin(reach(listener.local_addr().unwrap()));
    let target = format!("api.example.com:{}", listener.local_addr().unwrap().port());
    let mut stream = proxy.through(&target).await;
    let mut server: TcpStream = listener.accept().await.unwrap().0;
    server.write_all(b"SSH-2.0-x").await.unwrap();
    let mut heard = [0; 9];
    stream.read_exact(&mut heard).await.unwrap();
    // What the server ends first, the client may still answer.
    server.shutdown().await.unwrap();
    stream.write_all(b"still here").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut said = String::new();
    server.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "still here");
}

#[tokio::test]
async fn slow_and_giant_heads_are_cut_off() {
    let server = echo().await;
    let soon = ReachLimits { head: Duration::from_millis(50), ..ReachLimits::default() };
    let proxy = Proxy::begin(reach(server).within(soon));
    let answer = proxy.answer("CONNECT api.exam").await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    // The same for the first message of TLS.
    let mut stream = proxy.through(&format!("api.example.com:{}", server.port())).await;
    stream.write_all(&hello("api.example.com")[..20]).await.unwrap();
    assert_eq!(rest(stream).await, "");
    let proxy = Proxy::begin(reach(server));
    let giant = format!("CONNECT api.example.com:1 HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(30_000));
    let answer = proxy.answer(&giant).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn a_thousand_connections_are_more_than_there_may_be() {
    let server = echo().await;
    let few = ReachLimits { connections: 20, ..ReachLimits::default() };
    let proxy = Proxy::begin(reach(server).within(few));
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(proxy.through(&format!("api.example.com:{}", server.port())).await);
    }
    for _ in 0..1000 {
        assert!(rest(proxy.connected().await).await.starts_with("HTTP/1.1 503 Too Many"));
    }
    // Those that were there go on, and what one leaves another gets.
    held[0].write_all(b"on").await.unwrap();
    held[0].read_exact(&mut [0; 2]).await.unwrap();
    held.clear();
    while !proxy.verdict("other.example:1").await.contains(" 403 ") {
        tokio::task::yield_now().await;
    }
    let told = "It had more connections open at once than it may.".to_owned();
    assert!(proxy.proxy.end().await.contains(&told));
}

#[tokio::test]
async fn who_says_nothing_any_more_is_closed() {
    let server = echo().await;
    let soon = ReachLimits { idle: Duration::from_millis(50), ..ReachLimits::default() };
    let proxy = Proxy::begin(reach(server).within(soon));
    let stream = proxy.through(&format!("api.example.com:{}", server.port())).await;
    assert_eq!(rest(stream).await, "");
}

#[tokio::test]
async fn its_end_closes_every_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    let proxy = Proxy::begin(reach(server));
    let stream = proxy.through(&format!("api.example.com:{}", server.port())).await;
    let mut accepted = listener.accept().await.unwrap().0;
    let waiting = proxy.connected().await;
    let path = proxy.folder.path().join("proxy");
    let lines = proxy.proxy.end().await;
    assert_eq!(lines.len(), 1, "it is counted though it had not ended: {lines:?}");
    assert_eq!(rest(stream).await, "");
    assert_eq!(rest(waiting).await, "");
    assert_eq!(accepted.read(&mut [0; 1]).await.unwrap_or(0), 0);
    assert!(UnixStream::connect(path).await.is_err());
}
