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
mod link;
mod markdown;
mod render;
mod show;
mod tags;
mod turned;
mod view;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Router, middleware};
use tokio::net::TcpListener;

use super::Sandbox;
use super::server::Forge;
use gate::Gate;

/// The longest form that is read, in bytes: more than anybody types.
const LONGEST_FORM: usize = 256 << 10;

/// How long a comment waits for what it causes before its page is shown without it.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the page tells a newcomer, and whose parts can be played.
pub struct Guide {
    /// Where `/` leads: a path such as `/foundation/door/issues/1`.
    pub home: String,
    /// What is said above the thread at `home`.
    pub welcome: &'static str,
    /// The account that answers; it is shown as a bot.
    pub bot: String,
    /// Who can be played. The first one is proposed where nobody spoke yet.
    pub people: Vec<Person>,
    /// What can be tried.
    pub hints: Vec<Hint>,
}

impl Guide {
    /// Whether `login` is somebody who can be played.
    fn plays(&self, login: &str) -> bool {
        self.people.iter().any(|person| person.login == login)
    }
}

/// Somebody who can be played.
pub struct Person {
    /// The login.
    pub login: &'static str,
    /// Who they are, in a few words.
    pub about: &'static str,
}

/// A comment to try.
pub struct Hint {
    /// Who would say it.
    pub who: &'static str,
    /// The comment.
    pub text: &'static str,
    /// What it shows.
    pub shows: &'static str,
}

/// Waits until whoever listens to the forge has done what it was told.
pub type Rest = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What the handlers share.
struct Page {
    forge: Arc<Forge>,
    guide: Guide,
    gate: Gate,
    rest: Rest,
}

impl Page {
    /// Waits until what was just said had its effect, but not for long.
    async fn settle(&self) {
        let settled = async {
            self.forge.deliveries.settle().await;
            (self.rest)().await;
            self.forge.deliveries.settle().await;
        };
        // Late effects are seen all the same: the page looks for news.
        let _ = tokio::time::timeout(PATIENCE, settled).await;
    }
}

impl Sandbox {
    /// Opens the pages on `port` of this machine (0: any that is free), until the sandbox stops.
    /// Returns where they are.
    ///
    /// # Errors
    /// If the port cannot be had.
    pub async fn open_page(&self, port: u16, guide: Guide, rest: Rest) -> io::Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let gate = Gate::new(address.port())?;
        let page = Arc::new(Page { forge: Arc::clone(&self.forge), guide, gate, rest });
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            // Not graceful: a browser keeps its connections open.
            stop.run_until_cancelled_owned(async { axum::serve(listener, router(page)).await })
                .await
        });
        Ok(address)
    }
}

fn router(page: Arc<Page>) -> Router {
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
        .layer(middleware::from_fn_with_state(Arc::clone(&page), gate::guard))
        .with_state(page)
}
