//! What a misspelt word probably meant.

use strsim::damerau_levenshtein;

/// The word of `known` that is nearest to `word`: one edit away, or two from five letters on.
/// Of several, the first.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = Word::new(word);
    let within = if word.length > 4 { 2 } else { 1 };
    let distances =
        known.into_iter().filter_map(|known| Some((word.distance(known, within)?, known)));
    distances.min_by_key(|&(distance, _)| distance).map(|(_, known)| known)
}

/// Whether `word` is one edit away from one of `known`, both of four letters or more.
pub(super) fn is_slip(word: &str, known: impl IntoIterator<Item = &'static str>) -> bool {
    let word = Word::new(word);
    let is_one = |known: &str| known.chars().nth(3).is_some() && word.distance(known, 1) == Some(1);
    word.length > 3 && known.into_iter().any(is_one)
}

/// A word that is compared with many, with what is needed each time.
struct Word<'w> {
    text: &'w str,
    length: usize,
    letters: u64,
}

impl<'w> Word<'w> {
    fn new(text: &'w str) -> Self {
        Self { text, length: text.chars().count(), letters: letters(text) }
    }

    /// The Damerau-Levenshtein distance without regard to case, if it is at most `within`.
    fn distance(&self, known: &str, within: usize) -> Option<usize> {
        // Each edit changes the length by at most one letter: so a long word costs nothing.
        if self.length.abs_diff(known.len()) > within || self.strange_letters(known) > within {
            return None;
        }
        let (word, known) = (self.text.to_ascii_lowercase(), known.to_ascii_lowercase());
        Some(damerau_levenshtein(&word, &known)).filter(|&d| d <= within)
    }

    /// How many letters, at least, one of the words has that the other has not: each takes an edit.
    /// To count them costs far less than to find the edits, and rules out nearly every word.
    fn strange_letters(&self, known: &str) -> usize {
        let known = letters(known);
        (self.letters & !known).count_ones().max((known & !self.letters).count_ones()) as usize
    }
}

/// The letters of `word`, without regard to case, as a set; some share a place in it.
fn letters(word: &str) -> u64 {
    word.chars().fold(0, |set, c| set | 1 << (u32::from(c.to_ascii_lowercase()) % u64::BITS))
}

#[cfg(test)]
mod tests {
    use crate::core::command::grammar::nearest::*;

    #[test]
    fn short_words_allow_one_edit_and_longer_ones_two() {
        assert_eq!(nearest("asign", ["assign"]), Some("assign"));
        assert_eq!(nearest("ASGIN", ["assign"]), Some("assign"));
        assert_eq!(nearest("hepl", ["help"]), Some("help"));
        assert_eq!(nearest("europe/berln", ["Europe/Berlin"]), Some("Europe/Berlin"));
        assert_eq!(nearest("hexx", ["help"]), None);
        assert_eq!(nearest("asiggnn", ["assign"]), None);
        assert_eq!(nearest(&"a".repeat(1_000_000), ["assign"]), None);
    }

    #[test]
    fn the_first_of_equals_wins_and_the_nearest_before_it() {
        assert_eq!(nearest("bat", ["cat", "rat"]), Some("cat"));
        assert_eq!(nearest("statsu", ["stats", "status"]), Some("stats"));
        assert_eq!(nearest("plane", ["crane", "plan"]), Some("plan"));
    }

    #[test]
    fn letters_rule_out_only_what_is_too_far() {
        let words =
            ["", "äöü", "asign", "ASSIGN", "sings", "r+", "r-", "lgtm", "öffne", "ca", "abc"];
        for (a, b) in words.iter().flat_map(|a| words.iter().map(move |b| (a, b))) {
            let distance = damerau_levenshtein(&a.to_ascii_lowercase(), &b.to_ascii_lowercase());
            assert!(Word::new(a).strange_letters(b) <= distance, "{a} {b}");
        }
        assert_eq!(Word::new("status").strange_letters("digest"), 4);
    }

    #[test]
    fn a_slip_is_one_edit_between_long_words() {
        assert!(is_slip("aprove", ["approve"]));
        assert!(!is_slip("thanks", ["approve", "ping"]));
        assert!(!is_slip("pin", ["ping"]));
        assert!(!is_slip("runs", ["run"]));
        assert!(!is_slip("aprov", ["approve"]));
    }
}
