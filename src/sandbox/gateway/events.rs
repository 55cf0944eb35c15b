//! What a run does, streamed while it happens.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::body::Frame;
use serde_json::Value;
use tokio::sync::mpsc;

use super::shared::GatewayShared;

/// A body that is written piece by piece.
struct EventPieces(mpsc::Receiver<Bytes>);

impl hyper::body::Body for EventPieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|piece| piece.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// The events of `run` behind the first `seen`, until it is over.
pub(super) fn stream(shared: Arc<GatewayShared>, run: String, mut seen: usize) -> Body {
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(async move {
        let mut changed = shared.changed.subscribe();
        let is_numbered = shared.state().is_keyed();
        if is_numbered && sender.send(Bytes::from_static(b": open\n\n")).await.is_err() {
            return;
        }
        loop {
            changed.borrow_and_update();
            let Some((news, is_over)) = news(&shared, &run, seen) else { return };
            for event in &news {
                if sender.send(frame(event, seen, is_numbered)).await.is_err() {
                    return;
                }
                seen += 1;
            }
            if is_over {
                let _ = sender.send(Bytes::from_static(b": stream closed\n\n")).await;
                return;
            }
            tokio::select! {
                () = sender.closed() => return,
                moved = changed.changed() => if moved.is_err() { return },
            }
        }
    });
    Body::new(EventPieces(receiver))
}

/// What is new, and whether there will be no more; none if the process is gone.
fn news(shared: &GatewayShared, run: &str, seen: usize) -> Option<(Vec<Value>, bool)> {
    let state = shared.state();
    let run = state.runs.get(run)?;
    let events = run.events.as_ref()?;
    Some((events.get(seen..).unwrap_or_default().to_vec(), run.status.is_over()))
}

fn frame(event: &Value, number: usize, is_numbered: bool) -> Bytes {
    match is_numbered {
        true => format!("id: {number}\ndata: {event}\n\n").into(),
        false => format!("data: {event}\n\n").into(),
    }
}
