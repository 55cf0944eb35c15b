//! JSON as Go writes it: what HTML could take for markup is escaped, so `<` is `\u003c`.

use serde::Serialize;

/// JSON on one line, with a line end behind it: an answer of the API.
pub(crate) fn line(value: &impl Serialize) -> Vec<u8> {
    let mut json = escaped(serde_json::to_vec(value));
    json.push(b'\n');
    json
}

/// JSON indented by two blanks: the body of a webhook.
pub(crate) fn indented(value: &impl Serialize) -> Vec<u8> {
    escaped(serde_json::to_vec_pretty(value))
}

fn escaped(json: serde_json::Result<Vec<u8>>) -> Vec<u8> {
    let json = json.expect("views have string keys and no failing parts");
    let mut escaped = Vec::with_capacity(json.len() + json.len() / 8);
    let mut rest = json.as_slice();
    // In JSON these bytes stand in texts only. E2 begins U+2028 and U+2029, among others.
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'<' | b'>' | b'&' | 0xe2)) {
        let (plain, special) = rest.split_at(at);
        let (written, read): (&[u8], usize) = match special {
            [b'<', ..] => (br"\u003c", 1),
            [b'>', ..] => (br"\u003e", 1),
            [b'&', ..] => (br"\u0026", 1),
            [0xe2, 0x80, 0xa8, ..] => (br"\u2028", 3),
            [0xe2, 0x80, 0xa9, ..] => (br"\u2029", 3),
            _ => (&special[..1], 1),
        };
        escaped.extend_from_slice(plain);
        escaped.extend_from_slice(written);
        rest = &special[read..];
    }
    escaped.extend_from_slice(rest);
    escaped
}

#[cfg(test)]
mod tests {
    use crate::sandbox::json::encode::*;

    #[test]
    fn markup_is_escaped_and_reads_back_the_same() {
        let text = "<!-- a & b --> \u{2028}\u{2029}\u{20ac} \u{1f44d}";
        let json = line(&text);
        let written = r#""\u003c!-- a \u0026 b --\u003e \u2028\u2029€ 👍""#;
        assert_eq!(json, format!("{written}\n").as_bytes());
        assert_eq!(serde_json::from_slice::<String>(&json).unwrap(), text);
    }

    #[test]
    fn webhooks_are_indented_by_two_blanks() {
        let json = indented(&serde_json::json!({ "a": ["<"], "b": [] }));
        assert_eq!(json, b"{\n  \"a\": [\n    \"\\u003c\"\n  ],\n  \"b\": []\n}");
    }
}
