//! Agents of kind `hermes`: a Hermes gateway, by its `/v1/runs`.
//!
//! Gateways of two generations are told apart by what they say that they can, never by their
//! version. One that keeps keys gets the attempt's, and the same request sent again is the same
//! run, also after its restart. One that does not is asked for the attempt's session before anything
//! is repeated. Keys mean something only for the key of the API with which they came: after another
//! one was configured, the session is asked first.
//!
//! What a status says is the truth; what is streamed adds what the agent does just now. Where the
//! gateway has forgotten a run, the session may still show that it came to its end.

mod agent;
mod end;
mod gateway;
mod listener;
mod name;
mod order;
mod sight;
mod transcript;
mod wire;

pub use agent::{HermesAgent, HermesOptions};
