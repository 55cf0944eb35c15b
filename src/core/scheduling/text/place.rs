//! Whether a text names where the work is: a path, a symbol or command, an error, a line of a file.

use std::sync::LazyLock;

use regex::Regex;

/// What an error looks like where it is shown.
static ERROR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i-u)\b(\w*error|\w*exception|panic\w*|traceback|fatal|fail(ed|ure|s)?|segfault|abort(ed)?|denied|cannot|undefined|assert\w*|refused|timed out)\b",
    )
});

/// `line 12`.
static LINE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i-u)\bline \d+\b"));

/// How the name of a file ends that is no abbreviation and no site.
const ENDINGS: &[&str] = &[
    "c", "cc", "cfg", "conf", "cpp", "cs", "css", "csv", "env", "go", "h", "hpp", "htm", "html",
    "ini", "ipynb", "java", "json", "jsx", "kt", "kts", "lock", "log", "lua", "md", "php", "pl",
    "proto", "ps1", "py", "rb", "rs", "rst", "scss", "service", "sh", "sql", "svelte", "swift",
    "tf", "tmpl", "toml", "ts", "tsx", "txt", "vue", "xml", "yaml", "yml", "zig",
];

/// Its classes are to know ASCII alone (`-u`): the letters of the world take memory for good.
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of this file")
}

/// Whether prose names a file, a directory or a line.
pub(super) fn is_in_prose(text: &str) -> bool {
    LINE.is_match(text) || text.split_whitespace().any(is_place)
}

/// Whether what is set as code names anything.
pub(super) fn is_in_span(code: &str) -> bool {
    code.contains(char::is_alphanumeric)
}

/// Whether a block of code shows an error.
pub(super) fn is_in_block(code: &str) -> bool {
    ERROR.is_match(code) || is_in_prose(code)
}

fn is_place(word: &str) -> bool {
    let word = word
        .trim_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '/' | '.' | '~' | '_' | '\\'));
    let word = word.trim_end_matches('.');
    if word.contains("://") {
        // A page of the forge that shows a file.
        return ["/src/branch/", "/src/commit/", "/blob/"].iter().any(|part| word.contains(part));
    }
    is_file(word) || is_line_of_file(word) || is_path(word)
}

/// `main.rs`, by an ending that is known.
fn is_file(word: &str) -> bool {
    word.rsplit_once('.').is_some_and(|(name, ending)| {
        is_name_of_file(name, "_.+-") && ENDINGS.iter().any(|e| e.eq_ignore_ascii_case(ending))
    })
}

/// `src/door.xyz:12` or `door.xyz#L12`, whatever the ending.
fn is_line_of_file(word: &str) -> bool {
    let Some((file, line)) = word.find([':', '#']).map(|at| word.split_at(at)) else {
        return false;
    };
    let line = line.strip_prefix(':').or_else(|| line.strip_prefix("#L"));
    line.is_some_and(|line| line.starts_with(|c: char| c.is_ascii_digit()))
        && file.rsplit_once('.').is_some_and(|(name, ending)| {
            is_name_of_file(name, "_./\\+-")
                && ending.len() <= 10
                && ending.starts_with(|c: char| c.is_ascii_alphabetic())
                && ending.chars().all(is_of_word)
        })
}

/// Whether `name` is a name without its ending, in which these may stand beside letters and digits.
fn is_name_of_file(name: &str, others: &str) -> bool {
    name.ends_with(is_of_word) && name.chars().all(|c| is_of_word(c) || others.contains(c))
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Several names with slashes between them; two may as well be an alternative, unless they begin
/// or end like a path.
fn is_path(word: &str) -> bool {
    let word = word.split_once(":\\").map_or(word, |(_, path)| path);
    let names: Vec<&str> = word.split(['/', '\\']).collect();
    let is_name = |name: &&str| {
        name.contains(char::is_alphanumeric)
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '@'))
    };
    let named = names.iter().filter(|name| is_name(name)).count();
    let is_odd = names.iter().any(|name| !is_name(name) && !matches!(*name, "" | "." | ".." | "~"));
    let has_letters = word.contains(char::is_alphabetic);
    let begins = matches!(names[0], "" | "." | ".." | "~") && named >= 2
        || matches!(names[0], "." | ".." | "~") && named >= 1;
    let ends = names.len() > 1
        && (names.last() == Some(&"")
            || names.last().is_some_and(|last| last.trim_start_matches('.').contains('.')));
    !is_odd && has_letters && (named >= 3 || begins || (ends && named >= 1))
}

#[cfg(test)]
mod tests {
    use crate::core::scheduling::text::place::*;

    #[test]
    fn files_directories_and_lines_are_places() {
        for text in [
            "in src/core/mod.rs.",
            "in (docs/setup.md),",
            "see main.rs",
            "at door.py:41:",
            "the folder src/",
            "/etc/passwd is gone",
            "./run fails",
            "~/.config/timmy",
            r"C:\Users\anna\door.ini",
            "core/door/hinge is stuck",
            "it is in line 12 of the file",
            "https://git.example.org/o/r/src/branch/main/a.rs#L3",
        ] {
            assert!(is_in_prose(text), "{text}");
        }
    }

    #[test]
    fn words_with_slashes_and_dots_are_none() {
        for text in [
            "and/or",
            "the client/server part",
            "on 12/24/2026 at 3 km/h",
            "e.g. version 1.2.3",
            "i.e. nothing",
            "see https://example.org/a/b.html",
            "foundation/door#3",
            "/timmy assign ezra",
            "I/O, TCP/IP",
            "...",
            "/",
            "example.org",
        ] {
            assert!(!is_in_prose(text), "{text}");
        }
    }

    #[test]
    fn blocks_show_errors() {
        for text in ["thread 'main' panicked at a", "ValueError: no", "E: it failed", "a.rs:3: no"]
        {
            assert!(is_in_block(text), "{text}");
        }
        assert!(!is_in_block("10:00 all is well"));
        assert!(is_in_span("x") && !is_in_span("..."));
    }
}
