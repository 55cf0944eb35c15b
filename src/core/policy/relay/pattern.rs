//! Patterns of words, as the tables of [`mod@super::heading`] write them.
//!
//! `(word)` may be missing, `a|b` is one of them, a word in capitals stands for any of its kind,
//! `...` for any words. A pattern matches a line as a whole.

/// A line, word by word: in lower case, without brackets and commas, a final colon apart.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in line.split_whitespace() {
        let is_mail = word.starts_with('<');
        let bare = word.trim_matches(|c: char| matches!(c, '(' | ')' | ',' | '.' | ';'));
        let colon = !is_mail && (bare.ends_with(':') || word.ends_with(':'));
        let bare = bare.trim_end_matches([':', ')']);
        // Dashes only part words.
        if bare.contains(|c: char| !matches!(c, '-' | '–' | '—' | '=' | '·' | '|')) {
            words.push(bare.to_lowercase());
        }
        if colon {
            words.push(":".to_owned());
        }
    }
    words
}

/// How many words at the beginning may be what a word of a pattern stands for.
pub(super) type Lengths = fn(&str, &[String]) -> Vec<usize>;

/// Whether `pattern` matches these words, all of them.
pub(super) fn matches(pattern: &str, words: &[String], kinds: Lengths) -> bool {
    let pattern: Vec<&str> = pattern.split_whitespace().collect();
    rest_matches(&pattern, words, kinds)
}

fn rest_matches(pattern: &[&str], words: &[String], kinds: Lengths) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return words.is_empty() };
    if let Some(optional) = first.strip_prefix('(').and_then(|p| p.strip_suffix(')')) {
        return rest_matches(rest, words, kinds)
            || lengths(optional, words, kinds).any(|n| rest_matches(rest, &words[n..], kinds));
    }
    if *first == "..." {
        return (0..=words.len()).any(|n| rest_matches(rest, &words[n..], kinds));
    }
    lengths(first, words, kinds).any(|n| rest_matches(rest, &words[n..], kinds))
}

/// How many words at the beginning may be what `one` stands for.
fn lengths<'a>(
    one: &'a str,
    words: &'a [String],
    kinds: Lengths,
) -> impl Iterator<Item = usize> + 'a {
    one.split('|').flat_map(move |one| kinds(one, words))
}

/// Whether `word` is one of a `list`, such as `a|b`.
pub(super) fn is_among(word: &str, list: &str) -> bool {
    list.split('|').any(|one| one == word)
}
