//! What a run sees of its proxy.

use std::ffi::OsString;

/// Where the folder with the socket of its proxy lies, and what that is called.
pub(in crate::confinement) const FOLDER: &str = "/timmy/reach";
pub(super) const SOCKET: &str = "proxy";

/// Where the program lies that stands for the proxy: programs know proxies by addresses.
pub(in crate::confinement) const FORWARDER: &str = "/timmy/forward";

/// Where that listens. The network is the run's own, so this port is free.
const PORT: u16 = 3128;

/// What programs are told of a proxy by. Some know capitals, and some do not.
const NAMES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// The variables that lead programs to it.
pub(in crate::confinement) fn variables() -> Vec<(&'static str, String)> {
    let mut all: Vec<(&str, String)> =
        NAMES.iter().map(|name| (*name, format!("http://127.0.0.1:{PORT}"))).collect();
    all.extend(["NO_PROXY", "no_proxy"].map(|name| (name, String::new())));
    // Node asks none of these unless it is told to.
    all.push(("NODE_USE_ENV_PROXY", "1".to_owned()));
    all
}

/// The words before those of a program.
pub(in crate::confinement) fn words() -> [OsString; 7] {
    let socket = format!("{FOLDER}/{SOCKET}");
    let port = PORT.to_string();
    [FORWARDER, "forward", "--socket", &socket, "--port", &port, "--"].map(OsString::from)
}
