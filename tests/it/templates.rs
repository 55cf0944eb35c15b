//! What no template may say.

use std::fs;
use std::path::{Path, PathBuf};

use crate::closing::closing_place;

/// All templates.
fn templates(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { templates(&path) } else { vec![path] }).collect()
}

/// A template as it could come out: every branch of it in a row, and what is included filled in.
fn unfolded(template: &str) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, tag)) = rest.split_once("{%") {
        let (tag, after) = tag.split_once("%}").unwrap();
        text.push_str(before);
        if tag.trim_matches(['-', ' ']).starts_with("include") {
            text.push_str("{{ included }}");
        }
        rest = after;
    }
    text + rest
}

/// What timmy says in a pull request must not close what it only speaks of.
#[test]
fn no_closing_word_stands_before_a_link() {
    let all = templates(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"));
    let replies = all.iter().filter(|path| path.extension().is_some_and(|end| end == "md"));
    let mut count = 0;
    for path in replies {
        let text = unfolded(&fs::read_to_string(path).unwrap());
        assert_eq!(closing_place(&text), None, "{}", path.display());
        count += 1;
    }
    assert!(count > 50, "{count}");
}
