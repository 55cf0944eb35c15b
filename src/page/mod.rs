//! The status page: what waits for a person, what is broken, what is under way, and why. It shows and
//! changes nothing.
//!
//! It stands on the listener for the fleet's owner (`[web]`), which is reached from this machine alone
//! unless the configuration says otherwise; then what is not public has no name on it. `gate` tells
//! browsers how little it needs, `show` answers, `words` makes foreign text fit to be seen.

mod gate;
mod show;
mod state;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::get;

pub use state::PageState;

/// The routes of the page. What else is asked for, its listener answers.
pub fn routes(state: PageState) -> Router {
    let state = Arc::new(state);
    Router::new()
        .route("/", get(show::overview))
        .route("/jobs/{id}", get(show::job))
        .route("/status.css", get(show::style))
        .layer(from_fn(gate::guard))
        .with_state(state)
}
