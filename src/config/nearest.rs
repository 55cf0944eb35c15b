//! The known word that somebody probably meant.

/// Longest word that is compared: the comparison takes quadratic time, and typos are short.
const LONGEST: usize = 40;

/// The word of `known` that is nearest to `word`: one edit away, or two from five letters on.
/// The first of several wins.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let word = word.to_lowercase();
    let reach = if word.chars().count() >= 5 { 2 } else { 1 };
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= reach)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn short_words_are_one_edit_away_and_long_ones_two() {
        let known = ["url", "owner", "operators"];
        assert_eq!(nearest("ulr", known), Some("url"));
        assert_eq!(nearest("u", known), None);
        assert_eq!(nearest("Oprator", known), Some("operators"));
        assert_eq!(nearest(&"o".repeat(1_000_000), known), None);
    }
}
