//! The headers that go with spans, as OpenTelemetry's own variables write them.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::error::OtlpError;
use crate::config::{header_value, written_headers};

/// Reads `name=value,name=value`. Values may have signs written as `%2C`.
pub(super) fn parse(text: &str) -> Result<HeaderMap, OtlpError> {
    let mut headers = HeaderMap::new();
    for written in written_headers(text) {
        let (name, value) = written.ok_or(OtlpError::Headers("one of them has no value"))?;
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| OtlpError::Headers("one of them has a name that no header can have"))?;
        if is_ours(&name) {
            return Err(OtlpError::Headers("one of them says what timmy itself has to say"));
        }
        let value = header_value(value).and_then(|value| HeaderValue::from_bytes(&value).ok());
        let mut value =
            value.ok_or(OtlpError::Headers("one of them has a value that no header can have"))?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    if headers.is_empty() {
        return Err(OtlpError::Headers("there are none"));
    }
    Ok(headers)
}

/// Whether it describes the body, or the connection.
fn is_ours(name: &HeaderName) -> bool {
    [
        "content-type",
        "content-length",
        "content-encoding",
        "transfer-encoding",
        "host",
        "connection",
    ]
    .contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use crate::otlp::headers::*;

    #[test]
    fn they_are_written_as_in_opentelemetry_own_variables() {
        let headers = parse("api-key=s3cret, Authorization=Basic%20bWU6,x=a%2Cb=").unwrap();
        assert_eq!(headers["api-key"], "s3cret");
        assert_eq!(headers["authorization"], "Basic bWU6");
        assert_eq!(headers["x"], "a,b=");
        assert!(!format!("{headers:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_wrong_is_said_and_never_quoted() {
        for odd in
            ["", ",", "s3cret", "a b=s3cret", "a=s3cret%0A", "a=s3cret%", "a=%zz", "host=s3cret"]
        {
            let wrong = parse(odd).expect_err(odd).to_string();
            assert!(wrong.contains("name=value") && !wrong.contains("s3cret"), "{odd}: {wrong}");
        }
    }
}
