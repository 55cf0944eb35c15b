//! Names of files, as git writes them into a diff.

/// A name of a diff, and what stands behind it. In quotes if it holds a quote, a backslash or a
/// control character; else it ends with its line.
pub(super) fn read_name(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    match text.first()? {
        b'"' => quoted(&text[1..]),
        // git puts a tab behind a name with blanks, so that others find its end.
        _ => Some((text.strip_suffix(b"\t").unwrap_or(text).to_vec(), &[])),
    }
}

/// Both names of `diff --git a/x b/x`. Without quotes they can only be told apart where they are
/// the same but for their prefix; where they are not, other lines say them.
pub(super) fn read_both(text: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    if text.first() == Some(&b'"') {
        let (before, rest) = quoted(&text[1..])?;
        let (after, _) = read_name(rest.strip_prefix(b" ")?)?;
        return Some((before, after));
    }
    let middle = text.len() / 2;
    let (before, after) = (text.get(..middle)?, text.get(middle + 1..)?);
    let is_same = before.strip_prefix(b"a/")? == after.strip_prefix(b"b/")?;
    (is_same && text[middle] == b' ').then(|| (before.to_vec(), after.to_vec()))
}

/// What stands in quotes, up to the closing one, and what is behind that.
fn quoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut name = Vec::new();
    let mut rest = text;
    loop {
        let (first, behind) = rest.split_first()?;
        rest = behind;
        match first {
            b'"' => return Some((name, rest)),
            b'\\' => {
                let (byte, behind) = escaped(rest)?;
                name.push(byte);
                rest = behind;
            }
            byte => name.push(*byte),
        }
    }
}

/// The byte that is written behind a backslash.
fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    let (first, behind) = text.split_first()?;
    let byte = match first {
        b'a' => 7,
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 11,
        b'f' => 12,
        b'r' => b'\r',
        b'"' | b'\\' => *first,
        b'0'..=b'3' => {
            let digits = text.get(..3)?;
            let value = digits.iter().try_fold(0_u8, |value, digit| match digit {
                b'0'..=b'7' => Some(value.wrapping_mul(8).wrapping_add(digit - b'0')),
                _ => None,
            })?;
            return Some((value, &text[3..]));
        }
        _ => return None,
    };
    Some((byte, behind))
}

#[cfg(test)]
mod tests {
    use crate::core::guards::diff::path::*;

    fn name(text: &str) -> Option<Vec<u8>> {
        read_name(text.as_bytes()).map(|(name, _)| name)
    }

    #[test]
    fn names_are_read_as_git_writes_them() {
        assert_eq!(name("a/sp ace.txt\t"), Some(b"a/sp ace.txt".to_vec()));
        assert_eq!(name(r#""b/new\nline""#), Some(b"b/new\nline".to_vec()));
        assert_eq!(name(r#""a/q\"uo\\te\303\251""#), Some("a/q\"uo\\teé".as_bytes().to_vec()));
        for bad in ["", r#""a/b"#, r#""a\"#, r#""a\q""#, r#""a\30""#, r#""a\399""#] {
            assert_eq!(name(bad), None, "{bad}");
        }
    }

    #[test]
    fn both_names_of_a_header_are_told_apart_where_that_is_possible() {
        let both = |text: &str| {
            let (before, after) = read_both(text.as_bytes())?;
            Some((String::from_utf8(before).unwrap(), String::from_utf8(after).unwrap()))
        };
        let pair = |before: &str, after: &str| Some((before.to_owned(), after.to_owned()));
        assert_eq!(both("a/x y b/x y"), pair("a/x y", "b/x y"));
        assert_eq!(both("a/x b/x b/x b/x"), pair("a/x b/x", "b/x b/x"));
        assert_eq!(both(r#""a/\t" "b/\t""#), pair("a/\t", "b/\t"));
        assert_eq!(both(r#""a/\t" b/y"#), pair("a/\t", "b/y"));
        for unknown in ["", " ", "a/x", "a/x b/y", "a/x b/xy", "\"a/x b/x"] {
            assert_eq!(both(unknown), None, "{unknown}");
        }
    }
}
