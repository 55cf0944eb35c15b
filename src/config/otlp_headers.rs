//! The headers of `[otlp]` in one line, as OpenTelemetry's own variables write them:
//! `name=value,name=value`, where a sign of a value may be written as `%2C`.

/// What stands between the commas of such a line: a name and a value as they are written; none where
/// there is no value.
pub fn written_headers(line: &str) -> impl Iterator<Item = Option<(&str, &str)>> {
    let parts = line.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').map(|(name, value)| (name.trim(), value.trim())))
}

/// A value as it is sent: without `%` and two digits for a byte; none where they are none.
pub fn header_value(written: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(written.len());
    let mut rest = written.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, behind) = rest.split_at_checked(2)?;
        let mut byte = [0];
        base16ct::mixed::decode(digits, &mut byte).ok()?;
        bytes.push(byte[0]);
        rest = behind;
    }
    Some(bytes)
}

/// What of such a line nobody may be shown: each value, as it is written and as it is sent, and of
/// credentials also what stands behind their scheme.
pub(super) fn secrets_of(line: &str) -> Vec<String> {
    let mut secrets = Vec::new();
    for (_, written) in written_headers(line).flatten() {
        secrets.push(written.to_owned());
        let sent = header_value(written).and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(sent) = sent else { continue };
        secrets.extend(credentials(&sent).map(str::to_owned));
        secrets.push(sent);
    }
    secrets
}

/// What follows `Basic ` or `Bearer `.
fn credentials(value: &str) -> Option<&str> {
    let (scheme, credentials) = value.split_once(' ')?;
    let is_known = ["basic", "bearer"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    is_known.then(|| credentials.trim())
}

#[cfg(test)]
mod tests {
    use crate::config::otlp_headers::*;

    #[test]
    fn a_line_is_names_and_values() {
        let all: Vec<_> = written_headers("api-key=s3cret, x = a%2Cb= ,,odd").collect();
        assert_eq!(all, [Some(("api-key", "s3cret")), Some(("x", "a%2Cb=")), None]);
        assert_eq!(header_value("a%2Cb=").as_deref(), Some(&b"a,b="[..]));
        for odd in ["%", "%2", "%zz", "a%é"] {
            assert_eq!(header_value(odd), None, "{odd}");
        }
    }

    #[test]
    fn each_value_is_a_secret_however_it_is_written() {
        let secrets =
            secrets_of("api-key=s3cret,Authorization=Basic%20bWU6eW91,auth=bearer t0k3n,x");
        for secret in ["s3cret", "Basic%20bWU6eW91", "Basic bWU6eW91", "bWU6eW91", "t0k3n"] {
            assert!(secrets.iter().any(|known| known == secret), "{secret}: {secrets:?}");
        }
    }
}
