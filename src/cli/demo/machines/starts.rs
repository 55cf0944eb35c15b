//! Where agents tell that they begin: evidence of them alone, whatever timmy believes.

use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// The longest key that is read, in bytes.
const LONGEST: u64 = 512;

/// The keys of all attempts that began, each as often as it did.
pub(super) struct Starts {
    pub(super) port: u16,
    told: Arc<Mutex<Vec<String>>>,
    _listening: AbortOnDropHandle<()>,
}

impl Starts {
    pub(super) async fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let told = Arc::<Mutex<Vec<String>>>::default();
        let listening = tokio::spawn(hear(listener, told.clone()));
        Ok(Self { port, told, _listening: AbortOnDropHandle::new(listening) })
    }

    pub(super) fn all(&self) -> Vec<String> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn hear(listener: TcpListener, told: Arc<Mutex<Vec<String>>>) {
    // Whoever cannot be accepted says so by not beginning.
    while let Ok((line, _)) = listener.accept().await {
        tokio::spawn(note(line, told.clone()));
    }
}

async fn note(line: TcpStream, told: Arc<Mutex<Vec<String>>>) {
    let mut key = String::new();
    if line.take(LONGEST).read_to_string(&mut key).await.is_ok() {
        told.lock().unwrap_or_else(PoisonError::into_inner).push(key.trim().to_owned());
    }
}
