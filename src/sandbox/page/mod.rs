//! The forge's pages, for people: issues and threads as Gitea shows them, a form to comment as
//! one of several people.
//!
//! For the demo on one machine, so there is no login: whoever opens the page plays all the
//! parts. It listens on loopback only, and `gate` keeps other pages of the browser out.
//!
//! A request walks `gate` -> `show` (reads) or `act` (writes) -> `view` (what the templates in
//! `templates/page` print); texts of people go through `markdown`, with `link` and `tags`.

mod act;
mod gate;
mod guide;
mod link;
mod markdown;
mod render;
mod show;
mod state;
mod tags;
mod turned;
mod view;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Router, middleware};
use tokio::net::TcpListener;

use super::Sandbox;
use gate::PageGate;
use state::PageState;

pub use guide::{Guide, Hint, Person};
pub use state::Rest;

/// The longest form that is read, in bytes: more than anybody types.
const LONGEST_FORM: usize = 256 << 10;

impl Sandbox {
    /// Opens the pages on `port` of this machine (0: any that is free), until the sandbox stops.
    /// Returns where they are.
    ///
    /// # Errors
    /// If the port cannot be had.
    pub async fn open_page(&self, port: u16, guide: Guide, rest: Rest) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let gate = Arc::new(PageGate::new(address.port())?);
        // Of several pages the first one counts.
        let _ = self.forge.pages.set(address);
        let page = Arc::new(PageState { forge: Arc::clone(&self.forge), guide, gate, rest });
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            // Not graceful: a browser keeps its connections open.
            stop.run_until_cancelled_owned(async { axum::serve(listener, router(page)).await })
                .await
        });
        Ok(address)
    }
}

fn router(page: Arc<PageState>) -> Router {
    Router::new()
        .route("/", get(show::home))
        .route("/page.css", get(show::style))
        .route("/page.js", get(show::script))
        .route("/{owner}/{repo}/issues", get(show::issues).post(act::open))
        .route("/{owner}/{repo}/issues/new", get(show::new_issue))
        .route("/{owner}/{repo}/issues/{number}", get(show::thread))
        .route("/{owner}/{repo}/issues/{number}/comments", post(act::comment))
        .route("/{owner}/{repo}/issues/{number}/comments/{id}", post(act::edit))
        .fallback(show::nowhere)
        .layer(DefaultBodyLimit::max(LONGEST_FORM))
        .layer(middleware::from_fn_with_state(Arc::clone(&page.gate), gate::guard))
        .with_state(page)
}
