//! The marks between which several words are one.

/// The straight quote, and what word processors and telephones make of it.
const ALL: &str = "\"“”„‟";

/// Whether `c` begins quoted words.
pub(super) fn opens(c: char) -> bool {
    ALL.contains(c)
}

/// The marks that end what `open` began. After a curly one these are all: which of them closes
/// depends on the language, and what becomes of a straight one on the device.
pub(super) fn closing(open: char) -> &'static str {
    if open == '"' { "\"" } else { ALL }
}
