//! A line to somebody that can be cut: what is sent over it then is lost, and neither end is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

pub struct Line {
    port: u16,
    wire: Wire,
    serving: AbortHandle,
}

#[derive(Clone)]
struct Wire {
    target: String,
    is_cut: watch::Sender<bool>,
    lost: Arc<AtomicUsize>,
}

impl Line {
    /// To whoever listens at this address when somebody calls.
    pub async fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (is_cut, lost) = (watch::Sender::new(false), Arc::default());
        let wire = Wire { target: target.to_owned(), is_cut, lost };
        let serving = tokio::spawn(serve(listener, wire.clone())).abort_handle();
        Self { port, wire, serving }
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn cut(&self) {
        self.wire.is_cut.send_replace(true);
    }

    /// What was under way when it was cut does not come any more: such connections end now.
    pub fn mend(&self) {
        self.wire.is_cut.send_replace(false);
    }

    /// How often something was lost on its way to whoever called.
    pub fn lost(&self) -> usize {
        self.wire.lost.load(Ordering::SeqCst)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, wire: Wire) {
    let mut connections = JoinSet::new();
    loop {
        let (caller, _) = listener.accept().await.unwrap();
        connections.spawn(connect(caller, wire.clone()));
    }
}

async fn connect(caller: TcpStream, wire: Wire) {
    let mut cuts = wire.is_cut.subscribe();
    if *cuts.borrow_and_update() {
        let _ = cuts.wait_for(|is_cut| !is_cut).await;
        return;
    }
    let Ok(called) = TcpStream::connect(&wire.target).await else { return };
    let (mut caller, mut called) = (caller.into_split(), called.into_split());
    let passing = async {
        tokio::join!(pass_on(&mut caller.0, &mut called.1), pass_on(&mut called.0, &mut caller.1),);
    };
    tokio::select! {
        () = passing => return,
        _ = cuts.wait_for(|is_cut| *is_cut) => {}
    }
    // Both ends see a connection on which nothing comes.
    let losing = async {
        tokio::join!(lose(&mut caller.0, None), lose(&mut called.0, Some(&wire.lost)),);
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = losing => {}
        _ = cuts.wait_for(|is_cut| !is_cut) => {}
    }
}

/// Passes on what one end sends, until it ends.
async fn pass_on(from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) {
    let _ = tokio::io::copy(from, to).await;
    let _ = to.shutdown().await;
}

/// Takes what one end sends, and counts it.
async fn lose(from: &mut OwnedReadHalf, lost: Option<&AtomicUsize>) {
    let mut taken = [0; 4096];
    while from.read(&mut taken).await.is_ok_and(|read| read > 0) {
        if let Some(lost) = lost {
            lost.fetch_add(1, Ordering::SeqCst);
        }
    }
}
