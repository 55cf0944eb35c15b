//! Accepts connections, so that those who say nothing cannot keep out those who do.

use std::future::Future;
use std::io::{self, ErrorKind};

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::connection::{self, Answers};
use super::connections::Connections;
use super::limits::ListenerLimits;
use super::tls::Tls;

/// What to say when the system gives no more connections: mostly it is EMFILE.
const NO_MORE: &str = "no more connections can be accepted: those that say nothing are closed, and \
                       deliveries may be late. If file descriptors ran out, raise their limit: \
                       LimitNOFILE in the unit, SoftResourceLimits in the plist, ulimit -n in a \
                       shell";

/// Where connections come from.
trait Accept {
    fn accept(&mut self) -> impl Future<Output = io::Result<TcpStream>> + Send;
}

impl Accept for TcpListener {
    async fn accept(&mut self) -> io::Result<TcpStream> {
        Ok(Self::accept(self).await?.0)
    }
}

/// Lets `router` answer what comes to `listener` until `stop`; then it hears no more, and returns
/// when what has begun is answered. Dropped, it ends all connections at once.
///
/// Nothing that peers or the system do ends it: where the system gives no more connections, that is
/// logged once, and those that say nothing are closed.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ListenerLimits,
    stop: CancellationToken,
) {
    accept_all(listener, Answers { router, limits, tls: None }, stop).await;
}

/// The same over TLS, unless there is none.
pub async fn serve_over(
    tls: Option<Tls>,
    (listener, router): (TcpListener, Router),
    limits: ListenerLimits,
    stop: CancellationToken,
) {
    accept_all(listener, Answers { router, limits, tls }, stop).await;
}

async fn accept_all(mut listener: impl Accept, answers: Answers, stop: CancellationToken) {
    let limits = answers.limits;
    let connections = Connections::new(limits.connections);
    let mut tasks = JoinSet::new();
    let [mut crowd, mut refusals] = [NotedIncident::default(), NotedIncident::default()];
    let accepting = async {
        loop {
            match listener.accept().await {
                Ok(stream) => {
                    if refusals.is_over(limits) {
                        tracing::info!("connections are accepted again");
                    }
                    let connection = connections.open();
                    let (answers, stop) = (answers.clone(), stop.clone());
                    tasks.spawn(connection::serve(stream, answers, connection, stop));
                    // Else those that have ended would be kept until the next accept.
                    while tasks.try_join_next().is_some() {}
                    if connections.make_room().await && crowd.begins(limits) {
                        tracing::warn!(
                            limit = limits.connections,
                            "too many connections are open: those that say nothing are closed for \
                             new ones"
                        );
                    }
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    if refusals.begins(limits) {
                        tracing::error!(%error, "{NO_MORE}");
                    }
                    let freed = connections.close_longest_silent();
                    let _ = timeout(limits.accept_pause, freed).await;
                }
            }
        }
    };
    stop.run_until_cancelled(accepting).await;
    drop(listener);
    while tasks.join_next().await.is_some() {}
}

/// Whether a connection was broken before it was accepted: the next one may be good.
fn is_of_one_connection(error: &io::Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Something that strangers or the system bring about: said once, however often it happens, and
/// over when it has not happened for some time.
#[derive(Debug, Default)]
struct NotedIncident {
    /// When it last happened, until it is over.
    last: Option<Instant>,
}

impl NotedIncident {
    /// Notes that it happens; whether that begins it.
    fn begins(&mut self, limits: ListenerLimits) -> bool {
        self.is_over(limits);
        self.last.replace(Instant::now()).is_none()
    }

    /// Whether it was, and has just been found to be over.
    fn is_over(&mut self, limits: ListenerLimits) -> bool {
        self.last.take_if(|last| last.elapsed() >= limits.quiet).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::mpsc;

    use crate::web::listener::*;

    /// What the system gives, in order; nothing more afterwards.
    struct GivenStreams(mpsc::UnboundedReceiver<io::Result<TcpStream>>);

    impl Accept for GivenStreams {
        async fn accept(&mut self) -> io::Result<TcpStream> {
            match self.0.recv().await {
                Some(given) => given,
                None => std::future::pending().await,
            }
        }
    }

    fn no_descriptors() -> io::Result<TcpStream> {
        // EMFILE
        Err(io::Error::from_raw_os_error(24))
    }

    /// Both ends of a connection.
    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (listener.accept().await.unwrap().0, peer)
    }

    /// Lets a listener accept what comes over the channel.
    fn accepting(limits: ListenerLimits) -> mpsc::UnboundedSender<io::Result<TcpStream>> {
        let (give, given) = mpsc::unbounded_channel();
        let router = Router::new().route("/", get(|| async { "here" }));
        let answers = Answers { router, limits, tls: None };
        tokio::spawn(accept_all(GivenStreams(given), answers, CancellationToken::new()));
        give
    }

    async fn is_answered(mut peer: TcpStream) -> bool {
        peer.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        peer.read_to_string(&mut answer).await.unwrap();
        answer.ends_with("here")
    }

    const NEVER: Duration = Duration::from_secs(3600);

    /// Without waiting: closing it has made room.
    #[tokio::test]
    async fn when_descriptors_run_out_the_longest_silent_connection_is_closed() {
        let give = accepting(ListenerLimits { accept_pause: NEVER, ..ListenerLimits::default() });
        let (silent, mut its_peer) = pair().await;
        let (other, other_peer) = pair().await;
        for given in [Ok(silent), no_descriptors(), Ok(other)] {
            give.send(given).unwrap();
        }
        assert_eq!(its_peer.read(&mut [0]).await.unwrap(), 0);
        assert!(is_answered(other_peer).await);
    }

    #[tokio::test]
    async fn when_nothing_can_be_closed_it_accepts_again_after_a_pause() {
        let pause = Duration::from_millis(1);
        let give = accepting(ListenerLimits { accept_pause: pause, ..ListenerLimits::default() });
        let (stream, peer) = pair().await;
        for given in [no_descriptors(), no_descriptors(), Ok(stream)] {
            give.send(given).unwrap();
        }
        assert!(is_answered(peer).await);
    }

    #[tokio::test]
    async fn an_incident_is_told_once_until_it_is_over() {
        let lasting = ListenerLimits { quiet: NEVER, ..ListenerLimits::default() };
        let mut incident = NotedIncident::default();
        assert!(incident.begins(lasting));
        assert!(!incident.begins(lasting) && !incident.is_over(lasting));
        let short = ListenerLimits { quiet: Duration::ZERO, ..lasting };
        assert!(incident.is_over(short) && !incident.is_over(short));
        assert!(incident.begins(lasting));
    }
}
