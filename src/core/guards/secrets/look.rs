//! What looks like a secret, in a line, a text, or the bytes of a file.

use super::chance::chance;
use super::rules::{RuleKind, SecretRule, rules, words};

/// Something that looks like a secret.
pub(super) struct Secret<'a> {
    pub(super) rule: &'static SecretRule,
    pub(super) text: &'a [u8],
}

/// All secrets of a line; `next` stands behind it.
pub(super) fn look<'a>(line: &'a [u8], next: &[u8]) -> Vec<Secret<'a>> {
    if !words().is_match(line) {
        return Vec::new();
    }
    let mut secrets: Vec<Secret<'a>> = Vec::new();
    for rule in rules() {
        for captures in rule.pattern.captures_iter(line) {
            let Some(text) = captures.get(1) else { continue };
            let behind = &line[text.end()..];
            let secret = Secret { rule, text: text.as_bytes() };
            let is_known = secrets.iter().any(|known| holds(known.text, secret.text));
            if !is_known && is_secret(&secret, behind, next) {
                secrets.push(secret);
            }
        }
    }
    secrets
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

/// Whether what has the form of a secret is one.
fn is_secret(secret: &Secret<'_>, behind: &[u8], next: &[u8]) -> bool {
    let Secret { rule, text } = secret;
    match rule.kind {
        // Code that reads keys names their first line as well.
        RuleKind::Block => {
            is_key_text(next) || behind.strip_prefix(b"\\n").is_some_and(is_key_text)
        }
        _ if is_placeholder(text) => false,
        RuleKind::Form => chance(text) >= rule.chance,
        RuleKind::Named => {
            let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
            let is_hex = text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            // Of sixteen signs no text has as much chance as of sixty-four.
            let least = if is_hex && text.len() >= 32 { LEAST_OF_HEX } else { rule.chance };
            digits >= 2 && digits < text.len() && chance(text) >= least
        }
    }
}

/// The least chance of a key in hexadecimal digits.
const LEAST_OF_HEX: u32 = 320;

/// Whether a line is part of a key in base64.
fn is_key_text(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let length = line.iter().take_while(|byte| is_base64(byte)).count();
    length >= 40 && chance(&line[..length]) >= 350
}

/// Whether a text stands in the place of a secret.
fn is_placeholder(text: &[u8]) -> bool {
    const WORDS: [&str; 14] = [
        "example",
        "placeholder",
        "changeme",
        "change-me",
        "change_me",
        "redacted",
        "dummy",
        "sample",
        "xxxx",
        "your",
        "password",
        "12345678",
        "abcdefgh",
        "deadbeef",
    ];
    let text = text.to_ascii_lowercase();
    WORDS.iter().any(|word| holds(&text, word.as_bytes()))
        || text.iter().any(|byte| matches!(byte, b'$' | b'{' | b'<' | b'*' | b'%'))
}

/// What a text holds, if it holds a secret.
pub(super) fn in_text(text: &str) -> Option<&'static str> {
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let next = lines.peek().map_or("", |next| *next);
        if let Some(secret) = look(line.as_bytes(), next.as_bytes()).first() {
            return Some(secret.rule.name);
        }
    }
    None
}

/// What some bytes hold, if they hold a secret. Lines end at zeros as well.
pub(super) fn in_bytes(bytes: &[u8]) -> Option<&'static str> {
    let mut lines = bytes.split(|byte| matches!(byte, 0 | b'\n')).peekable();
    while let Some(line) = lines.next() {
        let next = lines.peek().copied().unwrap_or_default();
        if let Some(secret) = look(line, next).first() {
            return Some(secret.rule.name);
        }
    }
    None
}
