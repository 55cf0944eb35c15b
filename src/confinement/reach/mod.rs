//! What a run reaches of the network: a few servers that are named, through a proxy of timmy's own.
//!
//! | file | what it knows |
//! |---|---|
//! | `settings` | [`Reach`]: which servers, and how much connections may take |
//! | `proxy` | the proxy of one run, which ends with it |
//! | `head` | a request: `CONNECT`, and nothing else |
//! | `dial` | how a server is connected to, by an address that was looked at |
//! | `address` | [`AddressKind`]: which addresses are of the open internet |
//! | `resolve` | [`Resolve`]: which addresses a name has |
//! | `tunnel` | what passes through a connection |
//! | `client_hello` | which server whoever begins TLS asks for |
//! | `refusal` | why not, in words |
//! | `log` | what is told of it later |
//! | `socket` | how a run comes to it |
//! | `inside` | what a run sees of it |
//! | `forwarder` | what stands for it in there |
//!
//! A connection is made to exactly the hosts and ports that are named, at a public address, which is
//! asked for once and connected to as it was looked at. TLS must ask for that server as well. What
//! no proxy can see stays open: what is sent to a server that is named, and what that one gives on.

mod address;
mod client_hello;
mod dial;
mod forwarder;
mod head;
mod inside;
mod log;
mod proxy;
mod refusal;
mod resolve;
mod settings;
mod socket;
mod tunnel;

pub use address::AddressKind;
pub use dial::addresses;
pub use forwarder::forward;
pub use proxy::ReachProxy;
pub use resolve::{Resolve, SystemResolver};
pub use settings::{Reach, ReachLimits};

pub(super) use inside::{FOLDER, FORWARDER, variables, words};
pub(super) use socket::listen;
