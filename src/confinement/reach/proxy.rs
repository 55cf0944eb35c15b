//! The proxy of one run: it ends with it, and no connection lives on.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::dial::dial;
use super::head::{self, ConnectRequest};
use super::log::ReachLog;
use super::refusal::ReachRefusal;
use super::settings::Reach;
use super::tunnel::Tunnel;

/// How long whoever was refused may take to read why, and how much it may still send meanwhile.
const FAREWELL: Duration = Duration::from_secs(2);
const FAREWELL_BYTES: u64 = 64 << 10;

/// Between two tries where this process has no file free.
const PAUSE: Duration = Duration::from_millis(50);

/// A proxy that works.
pub struct ReachProxy {
    stop: CancellationToken,
    serving: AbortOnDropHandle<()>,
    log: Arc<ReachLog>,
}

impl ReachProxy {
    /// Serves whoever comes to `listener`.
    pub fn begin(reach: Reach, listener: UnixListener) -> Self {
        let (stop, log) = (CancellationToken::new(), Arc::new(ReachLog::default()));
        let serving = tokio::spawn(serve(listener, Arc::new(reach), log.clone(), stop.clone()));
        Self { stop, serving: AbortOnDropHandle::new(serving), log }
    }

    /// Ends it, and returns what is to be told of it once every connection is closed.
    pub async fn end(self) -> Vec<String> {
        self.stop.cancel();
        // One that is over already is none the worse for it.
        let _ = self.serving.await;
        self.log.lines()
    }
}

async fn serve(
    listener: UnixListener,
    reach: Arc<Reach>,
    log: Arc<ReachLog>,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let Ok((client, _)) = accepted else {
            sleep(PAUSE).await;
            continue;
        };
        if connections.len() >= reach.limits.connections {
            log.refused(&ReachRefusal::TooMany);
            refuse_at_once(&client);
            continue;
        }
        let (reach, log) = (reach.clone(), log.clone());
        connections.spawn(async move { connection(client, &reach, &log).await });
    }
    connections.shutdown().await;
}

/// One connection, from its request to its end.
async fn connection(mut client: UnixStream, reach: &Reach, log: &ReachLog) {
    let request = match timeout(reach.limits.head, head::read(&mut client)).await {
        Ok(request) => request,
        Err(_) => Err(ReachRefusal::HeadTooSlow),
    };
    let request = match request {
        Ok(Some(request)) => request,
        Ok(None) => return,
        Err(refusal) => return refuse(client, &refusal, log).await,
    };
    let ConnectRequest { endpoint, early } = request;
    let server = match dial(reach, &endpoint).await {
        Ok(server) => server,
        Err(refusal) => return refuse(client, &refusal, log).await,
    };
    if client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.is_err() {
        return;
    }
    let tunnel = Tunnel { client, server, endpoint: &endpoint, early, limits: reach.limits };
    if let Some(refusal) = tunnel.run(&log.count(&endpoint)).await {
        log.refused(&refusal);
    }
}

/// Says why not, and lets that be read.
async fn refuse(mut client: UnixStream, refusal: &ReachRefusal, log: &ReachLog) {
    log.refused(refusal);
    let said = async {
        client.write_all(answer(refusal).as_bytes()).await?;
        client.shutdown().await?;
        // Whoever is cut off while it still sends may never read the answer.
        let mut rest = (&mut client).take(FAREWELL_BYTES);
        tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
    };
    // Who does not listen is not told.
    let _ = timeout(FAREWELL, said).await;
}

/// The same where nobody can wait for it.
fn refuse_at_once(client: &UnixStream) {
    let _ = client.try_write(answer(&ReachRefusal::TooMany).as_bytes());
}

fn answer(refusal: &ReachRefusal) -> String {
    let ((status, reason), words) = (refusal.status(), refusal.answer());
    let allow = if status == 405 { "Allow: CONNECT\r\n" } else { "" };
    format!(
        "HTTP/1.1 {status} {reason}\r\n{allow}Content-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{words}\n",
        words.len() + 1
    )
}
