//! What a client of the forge needs to know.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::current_token::Reload;
use super::token::Token;
use crate::chance::Chance;
use crate::clock::{Clock, SystemClock};

#[derive(Clone)]
pub struct ClientOptions {
    /// The server, with a path if Gitea is served below one. No user, query or fragment.
    pub url: Url,
    /// The token of the account that timmy speaks as.
    pub token: Token,
    /// Where another one is found when the forge does not accept it any more.
    pub reload: Reload,
    /// How long one request may take in all. A read may be tried three times, and starts no
    /// further try once this time is over.
    pub timeout: Duration,
    /// The pace that is kept up. After a quiet time 20 writes or 10 reads may start at once.
    pub requests_per_second: NonZeroU32,
    /// By which it paces requests, and waits before another try.
    pub clock: Arc<dyn Clock>,
    /// What spreads these pauses.
    pub chance: Chance,
}

impl ClientOptions {
    /// 30 seconds a request, 10 requests a second, by the machine's clock.
    pub fn new(url: Url, token: Token) -> Self {
        const TEN: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");
        Self {
            url,
            token,
            reload: Arc::new(|| None),
            timeout: Duration::from_secs(30),
            requests_per_second: TEN,
            clock: Arc::new(SystemClock),
            chance: Chance::default(),
        }
    }
}
