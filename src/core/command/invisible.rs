//! Characters that a reader cannot see, and that could make a line look like another one.

use std::fmt;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

const JOINER: char = '\u{200D}';
const BLACK_FLAG: char = '\u{1F3F4}';
const CANCEL_TAG: char = '\u{E007F}';

/// A character of Unicode's categories Cc (control) or Cf (format); a tab is not one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invisible(char);

impl Invisible {
    /// `c`, if it is invisible.
    pub fn new(c: char) -> Option<Self> {
        (c != '\t' && is_control_or_format(c)).then_some(Self(c))
    }

    /// How Unicode numbers it: `U+202E`.
    pub fn code_point(self) -> String {
        format!("U+{:04X}", u32::from(self.0))
    }
}

/// Number and name, `U+202E RIGHT-TO-LEFT OVERRIDE`; the number alone for the rare ones.
impl fmt::Display for Invisible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code_point())?;
        match name(self.0) {
            Some(name) => write!(f, " {name}"),
            None => Ok(()),
        }
    }
}

/// White space that separates words: blanks of every width, no-break spaces and tabs.
pub fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t') || (!c.is_ascii() && c.is_whitespace() && !c.is_control())
}

/// White space, or a character that nobody can see: what a line may seem to begin without. The end
/// of a line is neither.
pub(super) fn is_unseen(c: char) -> bool {
    is_blank(c) || (!matches!(c, '\n' | '\r') && Invisible::new(c).is_some())
}

/// The first invisible character of `text` and the byte where it stands.
///
/// From byte `free` on stands free text, where an emoji may hold the joiners and tags that make
/// it one picture.
pub fn first(text: &str, free: usize) -> Option<(usize, Invisible)> {
    if text.bytes().all(|b| b == b'\t' || (b' '..=b'~').contains(&b)) {
        return None;
    }
    text.char_indices()
        .filter_map(|(at, c)| Some((at, Invisible::new(c)?)))
        .find(|&(at, _)| at < free || !is_part_of_emoji(text, at))
}

/// `text` with a replacement character for what is invisible and could make it look like another one.
pub fn replaced(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, _)) = first(rest, 0) {
        clean.push_str(&rest[..at]);
        clean.push(char::REPLACEMENT_CHARACTER);
        rest = rest[at..].trim_start_matches(|c| Invisible::new(c).is_some());
    }
    clean + rest
}

fn is_control_or_format(c: char) -> bool {
    match c {
        ' '..='~' => false,
        _ => matches!(c.general_category(), GeneralCategory::Control | GeneralCategory::Format),
    }
}

/// Whether the character at `at` joins two emoji, or spells the region of a flag
/// (Unicode Technical Standard 51: ZWJ sequences and tag sequences).
fn is_part_of_emoji(text: &str, at: usize) -> bool {
    let (before, from) = text.split_at(at);
    let mut from = from.chars();
    match from.next() {
        Some(JOINER) => {
            before.chars().next_back().is_some_and(can_be_joined)
                && from.next().is_some_and(is_pictograph)
        }
        Some(c) if is_region_tag(c) || c == CANCEL_TAG => {
            let flag = before.rfind(BLACK_FLAG);
            flag.is_some_and(|flag| flag_length(&text[flag..]).is_some_and(|len| at < flag + len))
        }
        _ => false,
    }
}

/// The bytes that a flag of a region takes at the beginning of `text`: a black flag, the tags of
/// the region, at most six, and the end tag.
fn flag_length(text: &str) -> Option<usize> {
    let tags = text.strip_prefix(BLACK_FLAG)?;
    let region = tags.chars().take_while(|&c| is_region_tag(c)).take(7).count();
    let rest = tags.trim_start_matches(is_region_tag).strip_prefix(CANCEL_TAG)?;
    (1..=6).contains(&region).then(|| text.len() - rest.len())
}

/// The invisible doubles of `0` to `9` and `a` to `z`.
fn is_region_tag(c: char) -> bool {
    matches!(c, '\u{E0030}'..='\u{E0039}' | '\u{E0061}'..='\u{E007A}')
}

/// Pictographs are "other symbols"; two arrows that emoji use are mathematical ones.
fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2194}') || c.general_category() == GeneralCategory::OtherSymbol
}

/// A pictograph, or what may stand between it and a joiner: the emoji style, a skin tone.
fn can_be_joined(c: char) -> bool {
    matches!(c, '\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}') || is_pictograph(c)
}

/// Unicode's names of those that turn up in practice.
fn name(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{0000}' => "NULL",
        '\u{0007}' => "BELL",
        '\u{0008}' => "BACKSPACE",
        '\u{000B}' => "LINE TABULATION",
        '\u{000C}' => "FORM FEED",
        '\u{001B}' => "ESCAPE",
        '\u{007F}' => "DELETE",
        '\u{0085}' => "NEXT LINE",
        '\u{00AD}' => "SOFT HYPHEN",
        '\u{061C}' => "ARABIC LETTER MARK",
        '\u{180E}' => "MONGOLIAN VOWEL SEPARATOR",
        '\u{200B}' => "ZERO WIDTH SPACE",
        '\u{200C}' => "ZERO WIDTH NON-JOINER",
        '\u{200D}' => "ZERO WIDTH JOINER",
        '\u{200E}' => "LEFT-TO-RIGHT MARK",
        '\u{200F}' => "RIGHT-TO-LEFT MARK",
        '\u{202A}' => "LEFT-TO-RIGHT EMBEDDING",
        '\u{202B}' => "RIGHT-TO-LEFT EMBEDDING",
        '\u{202C}' => "POP DIRECTIONAL FORMATTING",
        '\u{202D}' => "LEFT-TO-RIGHT OVERRIDE",
        '\u{202E}' => "RIGHT-TO-LEFT OVERRIDE",
        '\u{2060}' => "WORD JOINER",
        '\u{2061}' => "FUNCTION APPLICATION",
        '\u{2062}' => "INVISIBLE TIMES",
        '\u{2063}' => "INVISIBLE SEPARATOR",
        '\u{2064}' => "INVISIBLE PLUS",
        '\u{2066}' => "LEFT-TO-RIGHT ISOLATE",
        '\u{2067}' => "RIGHT-TO-LEFT ISOLATE",
        '\u{2068}' => "FIRST STRONG ISOLATE",
        '\u{2069}' => "POP DIRECTIONAL ISOLATE",
        '\u{FEFF}' => "ZERO WIDTH NO-BREAK SPACE",
        '\u{E0001}' => "LANGUAGE TAG",
        '\u{E0020}' => "TAG SPACE",
        CANCEL_TAG => "CANCEL TAG",
        '\u{E0021}'..='\u{E007E}' => "TAG CHARACTER",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::core::command::invisible::*;

    fn found(text: &str, free: usize) -> Option<String> {
        first(text, free).map(|(_, c)| c.to_string())
    }

    #[test]
    fn control_and_format_characters_are_named() {
        assert_eq!(found("ab\u{202E}c", 9), Some("U+202E RIGHT-TO-LEFT OVERRIDE".into()));
        assert_eq!(found("\u{0}", 0), Some("U+0000 NULL".into()));
        assert_eq!(found("\u{600}", 0), Some("U+0600".into()));
        assert_eq!(found("tabs\tand\u{A0}no-break spaces are white space", 0), None);
    }

    #[test]
    fn emoji_keep_their_joiners_in_free_text_only() {
        for emoji in ["👨‍👩‍👧", "👩🏽‍💻", "❤️‍🔥", "🙂‍↔️", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏳️‍🌈"]
        {
            assert_eq!(found(emoji, 0), None, "{emoji}");
            if !emoji.is_ascii() {
                assert!(found(emoji, emoji.len()).is_some(), "{emoji}");
            }
        }
    }

    #[test]
    fn joiners_and_tags_elsewhere_hide_something() {
        for text in [
            "a\u{200D}b",
            "👨\u{200D}",
            "\u{200D}👨",
            "👨\u{200D}\u{200D}👩",
            "x\u{E0067}\u{E007F}",
            "🏴\u{E0067}",
            "🏴\u{E0067}\u{E0067}\u{E0067}\u{E0067}\u{E0067}\u{E0067}\u{E0067}\u{E007F}",
            "🏴\u{E007F}\u{E007F}",
        ] {
            assert!(first(text, 0).is_some(), "{text:?}");
        }
    }
}
