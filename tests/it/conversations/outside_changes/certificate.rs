//! A forge whose certificate nobody vouches for.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;

use insta::assert_snapshot;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection};
use timmy::core::effect::marker::key_of;

use crate::conversations::talk::talk;
use crate::support::forge::DOOR;

/// A server that shows a certificate which it has signed itself; its address.
fn dubious_forge() -> String {
    let certificate = CertificateDer::from_slice(include_bytes!("self-signed.crt.der"));
    let key = PrivatePkcs8KeyDer::from(&include_bytes!("self-signed.key.der")[..]);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::Pkcs8(key))
        .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let address = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for line in listener.incoming() {
            let mut line = line.unwrap();
            let mut tls = ServerConnection::new(config.clone()).unwrap();
            // The client ends it.
            let _ = tls.complete_io(&mut line).and_then(|_| line.flush());
        }
    });
    address
}

#[tokio::test]
async fn what_is_said_is_kept_until_somebody_mends_it() {
    talk(async |t| {
        let mut other = t.second_timmy(&dubious_forge()).await;
        t.ask("walt", "/timmy ping").await;
        other.quiet().await;
        assert_snapshot!(other.noted().await, @"the forge cannot be reached (invalid peer certificate: UnknownIssuer): check `url`, the network and the server");
        let comments = t.sandbox.comments(DOOR, 1).unwrap();
        assert_eq!(comments.iter().filter(|said| key_of(&said.body).is_some()).count(), 1);
        other.stop().await;
    })
    .await;
}
