//! What stands for the proxy inside of a run: it listens where programs know proxies to be, and gives
//! on what comes to the socket of the proxy. The program of the run is its child; both end together.

use std::ffi::OsString;
use std::io;
use std::net::Ipv4Addr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal as Listening, SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Between two tries where this process has no file free.
const PAUSE: Duration = Duration::from_millis(50);

/// The signals that are passed on.
const PASSED_ON: [(SignalKind, Signal); 6] = [
    (SignalKind::hangup(), Signal::HUP),
    (SignalKind::interrupt(), Signal::INT),
    (SignalKind::quit(), Signal::QUIT),
    (SignalKind::terminate(), Signal::TERM),
    (SignalKind::user_defined1(), Signal::USR1),
    (SignalKind::user_defined2(), Signal::USR2),
];

/// Runs a program (`words`) beside a forwarder from `port` to `socket`; how it ended, as shells tell
/// that.
///
/// # Errors
/// If nothing can listen there, or the program cannot be started.
pub async fn forward(socket: &Path, port: u16, words: &[OsString]) -> io::Result<i32> {
    let (program, arguments) =
        words.split_first().ok_or_else(|| io::Error::other("no program is named"))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let signals = PASSED_ON.into_iter().map(|(kind, sent)| Ok((signal(kind)?, sent)));
    let signals = signals.collect::<io::Result<Vec<_>>>()?;
    let mut child = Command::new(program).args(arguments).spawn()?;
    let _passing = pass_on(signals, &child);
    tokio::select! {
        biased;
        status = child.wait() => Ok(code_of(status?)),
        never = give_on(&listener, socket) => match never {},
    }
}

/// Passes the signals that came since `signals` began to listen on to `child`.
fn pass_on(signals: Vec<(Listening, Signal)>, child: &Child) -> JoinSet<()> {
    let process = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let mut passing = JoinSet::new();
    for (mut heard, sent) in signals {
        passing.spawn(async move {
            while heard.recv().await.is_some() {
                // It may just have ended.
                let _ = process.map(|process| kill_process(process, sent));
            }
        });
    }
    passing
}

async fn give_on(listener: &TcpListener, socket: &Path) -> std::convert::Infallible {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let pair = async { Ok::<_, io::Error>((accepted?.0, UnixStream::connect(socket).await?)) };
        match pair.await {
            Ok((client, proxy)) => drop(connections.spawn(both_ways(client, proxy))),
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// Each direction goes on until it ends itself, whatever became of the other.
async fn both_ways(mut client: TcpStream, mut proxy: UnixStream) {
    let _ = client.set_nodelay(true);
    let (mut from_client, mut to_client) = client.split();
    let (mut from_proxy, mut to_proxy) = proxy.split();
    tokio::join!(pass(&mut from_client, &mut to_proxy), pass(&mut from_proxy, &mut to_client));
}

async fn pass(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) {
    // How it ended, both ends know.
    let _ = tokio::io::copy(from, to).await;
    let _ = to.shutdown().await;
}

fn code_of(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}
