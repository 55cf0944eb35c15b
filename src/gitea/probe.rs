//! Calling a webhook's address the way Gitea does, to see whether it leads to timmy.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Client;
use sha2::Sha256;
use url::Url;

use super::error::Error;
use super::transport::{failure, innermost_cause, install_tls};

/// How long Gitea waits for an answer, by default (`[webhook] DELIVER_TIMEOUT`).
const DELIVER_TIMEOUT: Duration = Duration::from_secs(5);

/// The event that is sent. Gitea has none of this name, so that nobody takes it for Gitea's.
pub const PROBE_EVENT: &str = "timmy_knock";

/// The payload, which says nothing.
const PAYLOAD: &str = "{}";

/// Sends a delivery to `url`, signed with `secret`, that means nothing; gives the status of the
/// answer. Redirects are followed, as Gitea follows them.
///
/// # Errors
/// [`Error::Unreachable`], [`Error::Timeout`] (after 5 seconds) or [`Error::Dropped`], if there
/// was no answer.
pub async fn probe_webhook(url: &Url, secret: &str) -> Result<u16, Error> {
    install_tls();
    let client = Client::builder()
        .user_agent(concat!("timmy/", env!("CARGO_PKG_VERSION")))
        .timeout(DELIVER_TIMEOUT)
        .build()
        .map_err(|error| Error::Setup(innermost_cause(error)))?;
    let request = client
        .post(url.clone())
        .header("Content-Type", "application/json")
        .header("X-Gitea-Event", PROBE_EVENT)
        .header("X-Gitea-Event-Type", PROBE_EVENT)
        .header("X-Gitea-Signature", signature(secret)?)
        .body(PAYLOAD);
    Ok(request.send().await.map_err(failure)?.status().as_u16())
}

fn signature(secret: &str) -> Result<String, Error> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map_err(|error| Error::Setup(error.to_string()))?;
    let bytes = mac.chain_update(PAYLOAD).finalize().into_bytes();
    Ok(base16ct::lower::encode_string(&bytes))
}

#[cfg(test)]
mod tests {
    use crate::core::policy::webhook_scope::HookScope;
    use crate::gitea::probe::*;
    use crate::gitea::signature::{Keys, Signature};

    #[test]
    fn it_signs_as_gitea_does() {
        let signed = signature("s3cret").unwrap();
        let keys = Keys::new([("s3cret", HookScope::Everything)]);
        let signature = Signature::parse(&signed).unwrap();
        assert_eq!(keys.verify(PAYLOAD.as_bytes(), signature).len(), 1);
    }
}
