//! The open connections, and which of them is closed when there are too many.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The connections that are open.
#[derive(Debug)]
pub(super) struct Connections {
    /// So many may be open at once.
    most: usize,
    table: Mutex<ConnectionTable>,
    /// Rings when a connection ends, or waits for its peer again.
    changed: Notify,
}

#[derive(Debug, Default)]
struct ConnectionTable {
    open: BTreeMap<u64, ConnectionRow>,
    /// The number of the next connection, or of the next wait.
    next: u64,
}

#[derive(Debug)]
struct ConnectionRow {
    /// Since when it waits for its peer, as a number that grows; none while it is being answered.
    waits_since: Option<u64>,
    close: CancellationToken,
    /// Cancelled when its socket is closed.
    gone: CancellationToken,
}

impl ConnectionTable {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Closes the connection that has waited for its peer for the longest time; what is cancelled
    /// when it is closed, or none if none waits.
    fn close_longest_silent(&mut self) -> Option<CancellationToken> {
        let waits = self.open.iter().filter_map(|(id, row)| Some((row.waits_since?, *id)));
        let (_, id) = waits.min()?;
        let row = self.open.remove(&id)?;
        row.close.cancel();
        Some(row.gone)
    }
}

impl Connections {
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, table: Mutex::default(), changed: Notify::new() })
    }

    /// Adds one, which waits for its peer.
    pub(super) fn open(self: &Arc<Self>) -> OpenConnection {
        let mut table = self.table();
        let (id, close, gone) =
            (table.number(), CancellationToken::new(), CancellationToken::new());
        let row = ConnectionRow { waits_since: Some(id), close: close.clone(), gone: gone.clone() };
        table.open.insert(id, row);
        OpenConnection { id, close, gone, connections: Arc::clone(self) }
    }

    /// Returns when there are not too many, for which those are closed that have been silent for
    /// the longest time; whether there were. What is being answered is waited for.
    pub(super) async fn make_room(&self) -> bool {
        let mut were_too_many = false;
        loop {
            let gone = {
                let mut table = self.table();
                if table.open.len() <= self.most {
                    return were_too_many;
                }
                were_too_many = true;
                table.close_longest_silent()
            };
            match gone {
                Some(gone) => gone.cancelled().await,
                // Only the accepting loop waits here: what rings before is kept for it.
                None => self.changed.notified().await,
            }
        }
    }

    /// Closes the one that has been silent for the longest time, and returns when its socket is
    /// closed. If none is silent, it does not return.
    pub(super) async fn close_longest_silent(&self) {
        let gone = self.table().close_longest_silent();
        match gone {
            Some(gone) => gone.cancelled().await,
            None => std::future::pending().await,
        }
    }

    fn table(&self) -> MutexGuard<'_, ConnectionTable> {
        // No step of it can fail half way.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open connection. To be dropped when its socket is closed.
#[derive(Debug)]
pub(super) struct OpenConnection {
    id: u64,
    close: CancellationToken,
    gone: CancellationToken,
    connections: Arc<Connections>,
}

impl OpenConnection {
    /// Notes that its peer has said what can be answered: now it is our turn.
    pub(super) fn answers(&self) {
        if let Some(row) = self.connections.table().open.get_mut(&self.id) {
            row.waits_since = None;
        }
    }

    /// Notes that it is the peer's turn.
    pub(super) fn waits(&self) {
        let mut table = self.connections.table();
        let number = table.number();
        let Some(row) = table.open.get_mut(&self.id) else { return };
        if row.waits_since.is_none() {
            row.waits_since = Some(number);
            self.connections.changed.notify_one();
        }
    }

    /// Returns when it is to be closed for another.
    pub(super) async fn told_to_close(&self) {
        self.close.cancelled().await;
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.connections.table().open.remove(&self.id);
        self.gone.cancel();
        self.connections.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use crate::web::connections::*;

    fn is_open(connection: &OpenConnection) -> bool {
        !connection.close.is_cancelled()
    }

    /// Makes room, for which `closed` is closed.
    async fn make_room_for(connections: &Arc<Connections>, closed: OpenConnection) {
        let making = tokio::spawn({
            let connections = Arc::clone(connections);
            async move { connections.make_room().await }
        });
        closed.told_to_close().await;
        drop(closed);
        assert!(making.await.unwrap());
    }

    #[tokio::test]
    async fn the_longest_silent_one_goes() {
        let connections = Connections::new(2);
        let [first, second, third] = [(); 3].map(|()| connections.open());
        make_room_for(&connections, first).await;
        assert_eq!([&second, &third].map(is_open), [true, true]);

        // A word of the second makes the third the longest silent one.
        second.answers();
        second.waits();
        let fourth = connections.open();
        make_room_for(&connections, third).await;
        assert_eq!([&second, &fourth].map(is_open), [true, true]);
    }

    #[tokio::test]
    async fn what_is_being_answered_is_waited_for() {
        let connections = Connections::new(1);
        let [first, second] = [(); 2].map(|()| connections.open());
        first.answers();
        second.answers();
        assert!(connections.table().close_longest_silent().is_none());
        let waiting = tokio::spawn({
            let connections = Arc::clone(&connections);
            async move { connections.make_room().await }
        });
        second.waits();
        second.told_to_close().await;
        drop(second);
        assert!(waiting.await.unwrap());
        assert!(is_open(&first));
    }

    #[tokio::test]
    async fn one_that_ends_makes_room() {
        let connections = Connections::new(1);
        let [first, second] = [(); 2].map(|()| connections.open());
        drop(first);
        assert!(!connections.make_room().await);
        assert!(is_open(&second));
    }
}
