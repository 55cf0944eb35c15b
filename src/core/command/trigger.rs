//! What calls timmy: `/name` or `@name` at the beginning of a line.

use memchr::memchr2_iter;

use super::invisible::{Invisible, is_blank, is_unseen};

/// With which sign timmy was called. After `/` stands always a command; after `@` may stand talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerSign {
    /// `/timmy`
    Slash,
    /// `@timmy`, `@timmy,` or `@timmy:`
    At,
}

/// The trigger of one account, whose name is compared without case.
#[derive(Debug, Clone, Copy)]
pub struct Trigger<'n> {
    name: &'n str,
}

impl<'n> Trigger<'n> {
    /// The trigger of the account `name`; of none if `name` is empty.
    pub fn new(name: &'n str) -> Option<Self> {
        (!name.is_empty()).then_some(Self { name })
    }

    pub fn name(self) -> &'n str {
        self.name
    }

    /// If `text` begins with the trigger: its sign, and what follows.
    ///
    /// White space must follow, or the end. An invisible character may too: the line looks like
    /// a command, so it is to be refused with a reason rather than overlooked.
    pub fn split(self, text: &str) -> Option<(TriggerSign, &str)> {
        let sign = match text.as_bytes().first()? {
            b'/' => TriggerSign::Slash,
            b'@' => TriggerSign::At,
            _ => return None,
        };
        let called = text.get(1..=self.name.len())?;
        if !called.eq_ignore_ascii_case(self.name) {
            return None;
        }
        let rest = &text[1 + called.len()..];
        let rest = match sign {
            TriggerSign::At => rest.strip_prefix([',', ':']).unwrap_or(rest),
            TriggerSign::Slash => rest,
        };
        let ends = rest.chars().next().is_none_or(|c| is_blank(c) || Invisible::new(c).is_some());
        ends.then_some((sign, rest))
    }

    /// Whether any line of `body` could be a command line, read without regard to Markdown.
    ///
    /// It never says no to a body that holds one, and costs one scan for two bytes, so that most
    /// comments go no further.
    pub fn may_stand_in(self, body: &str) -> bool {
        self.places(body).next().is_some()
    }

    /// The bytes of `body` at which such lines call timmy.
    pub(super) fn places(self, body: &str) -> impl DoubleEndedIterator<Item = usize> {
        // Most signs stand behind a letter: that is seen first, since it costs least.
        memchr2_iter(b'/', b'@', body.as_bytes())
            .filter(move |&at| can_precede(&body[..at]) && self.split(&body[at..]).is_some())
    }
}

/// Whether the line that ends `before` holds nothing but white space, list markers and what nobody
/// can see. Nearly always a letter says no at once.
fn can_precede(before: &str) -> bool {
    match before.as_bytes().last() {
        Some(&b) if b.is_ascii_graphic() && !is_margin(b) => false,
        _ => ends_in_a_margin(before),
    }
}

/// [`can_precede`], character by character.
#[cold]
fn ends_in_a_margin(before: &str) -> bool {
    let can_stand = |c: char| u8::try_from(c).is_ok_and(is_margin) || is_unseen(c);
    let rest = before.trim_end_matches(can_stand);
    rest.is_empty() || rest.ends_with(['\n', '\r'])
}

/// Whether `byte` can stand in front of a command: white space, or part of a list marker.
pub(super) fn is_margin(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'-' | b'+' | b'*' | b'0'..=b'9' | b'.' | b')')
}

#[cfg(test)]
mod tests {
    use crate::core::command::trigger::*;

    fn split(text: &str) -> Option<(TriggerSign, &str)> {
        Trigger::new("timmy").expect("a name").split(text)
    }

    #[test]
    fn white_space_or_the_end_follows_the_name() {
        assert_eq!(split("/TIMMY ping"), Some((TriggerSign::Slash, " ping")));
        assert_eq!(split("@timmy"), Some((TriggerSign::At, "")));
        assert_eq!(split("@timmy, ping"), Some((TriggerSign::At, " ping")));
        assert_eq!(split("@timmy:\tping"), Some((TriggerSign::At, "\tping")));
        assert_eq!(split("/timmy\u{A0}ping"), Some((TriggerSign::Slash, "\u{A0}ping")));
        for other in
            ["/timmy, ping", "@timmy,ping", "@timmy.", "@timmy-bot", "timmy", "@timm", "/tïmmy x"]
        {
            assert_eq!(split(other), None, "{other}");
        }
    }

    #[test]
    fn only_a_margin_may_precede() {
        let may = |body| Trigger::new("timmy").expect("a name").may_stand_in(body);
        for body in [
            "@timmy",
            "a\n  10) - @timmy x",
            "a\r/timmy",
            "\u{FEFF}/timmy ping",
            "a\n\u{A0}\u{2003}/timmy ping",
            "a\n\u{FEFF}\u{200B} /timmy ping",
            "a\n- \u{C}\u{202E}/timmy ping",
        ] {
            assert!(may(body), "{body:?}");
        }
        for body in
            ["", "please @timmy ping", "> @timmy", "`/timmy`", "é/timmy ping", "é\u{A0}/timmy"]
        {
            assert!(!may(body), "{body:?}");
        }
    }
}
