//! The server behind the API: what it is, and what time it thinks it is.

use serde::Deserialize;

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::{clip, or_default};
use crate::core::model::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its version, as it writes it: `1.25.4`, `1.26.0+dev-12-gabc`, `13.0.2+gitea-1.22.0`.
    pub version: String,
    /// The present moment by its clock, in whole seconds (the header `Date`, RFC 9110); none if
    /// it, or a proxy before it, does not say.
    pub time: Option<Timestamp>,
}

impl Gitea {
    /// The server's version and time. Answers a token of any scope.
    pub async fn server(&self) -> Result<Server, Error> {
        #[derive(Deserialize)]
        struct ServerVersion {
            #[serde(default, deserialize_with = "or_default")]
            version: String,
        }
        let answer = self.get(&Route::new("version", &[])).await?;
        let ServerVersion { version } = answer.json()?;
        let date = answer.headers.get(reqwest::header::DATE).and_then(|date| date.to_str().ok());
        Ok(Server { version: clip(&version), time: date.and_then(http_date) })
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`: the form that RFC 9110 lets servers send, which is one of
/// those of RFC 2822.
fn http_date(text: &str) -> Option<Timestamp> {
    let moment = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Timestamp::from_micros(moment.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use crate::gitea::server::*;

    #[test]
    fn the_date_of_an_answer_is_a_time() {
        let time = http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(time.to_string(), "1994-11-06T08:49:37Z");
        assert_eq!(http_date("soon"), None);
    }
}
