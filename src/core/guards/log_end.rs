//! How the log of a check ends: what it says last is what helps to mend it.

use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::core::command::invisible::Invisible;

/// The most that is kept, in bytes.
const KEPT: usize = 6 << 10;

/// The longest line, in characters.
const LONGEST_LINE: usize = 400;

/// The last lines of a log, as people read them: without colours, the times of its lines, and what
/// nobody sees. It is data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogEnd(String);

impl LogEnd {
    /// What is kept of the end of a log; none if that says nothing. `is_cut`: more stands before it.
    /// `redact` takes secrets out, before anything is cut in two.
    pub fn of(log: &[u8], is_cut: bool, redact: impl Fn(&str) -> String) -> Option<Self> {
        let log = String::from_utf8_lossy(log);
        let whole = match log.split_once('\n') {
            Some((_, whole)) if is_cut => whole,
            None if is_cut => "",
            _ => &log,
        };
        let lines: Vec<String> = whole.split('\n').map(shown).collect();
        let text = redact(&lines.join("\n"));
        let lines: Vec<String> = text.lines().map(bounded).collect();
        let kept = last(&lines);
        (!kept.is_empty()).then_some(Self(kept))
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    /// Its last lines, at most so many.
    pub fn last_lines(&self, most: usize) -> Vec<&str> {
        let lines: Vec<&str> = self.0.lines().collect();
        lines[lines.len().saturating_sub(most)..].to_vec()
    }
}

/// A line as a terminal shows it.
fn shown(line: &str) -> String {
    const ESCAPES: &str =
        r"\x1b(?:\[[0-9;:?<=>]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])";
    const TIME: &str = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) ?";
    static PATTERNS: LazyLock<[Regex; 2]> = LazyLock::new(|| {
        [ESCAPES, TIME]
            .map(|pattern| Regex::new(pattern).unwrap_or_else(|error| unreachable!("{error}")))
    });
    let [escapes, time] = &*PATTERNS;
    let line = line.trim_end_matches('\r');
    let line = time.replace(line, "");
    let line = escapes.replace_all(&line, "");
    // Whatever returns to the beginning of its line is written over by what follows.
    let line = line.rsplit('\r').next().unwrap_or_default();
    line.chars().filter(|c| Invisible::new(*c).is_none()).collect::<String>().trim_end().to_owned()
}

fn bounded(line: &str) -> String {
    match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// The last lines that there is room for, without empty ones around them.
fn last(lines: &[String]) -> String {
    let mut room = KEPT;
    let fits = |line: &&String| {
        let left = room.checked_sub(line.len() + 1);
        room = left.unwrap_or_default();
        left.is_some()
    };
    let kept = lines.iter().rev().skip_while(|line| line.is_empty()).take_while(fits);
    let mut kept: Vec<&str> = kept.map(String::as_str).collect();
    kept.reverse();
    kept.join("\n").trim_start_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::core::guards::log_end::*;

    fn end(log: &str, is_cut: bool) -> Option<String> {
        LogEnd::of(log.as_bytes(), is_cut, str::to_owned).map(|end| end.0)
    }

    #[test]
    fn it_reads_as_on_a_terminal() {
        for (log, shows) in [
            ("2026-11-29T10:00:18.1234567Z \u{1b}[31mred\u{1b}[0m\n", "red"),
            ("2026-11-29T10:00:18+01:00 a\r\nb\r\n\r\n", "a\nb"),
            ("10%\r50%\rdone\n", "done"),
            ("\u{1b}]8;;https://x\u{7}link\u{1b}]8;;\u{7}\n", "link"),
            ("a\u{202e}b\u{0}c\td\n", "abc\td"),
            ("\n\n  indented\n", "  indented"),
            ("\u{1b}[1;32mok\u{1b}[K\u{1b}(B\n", "ok"),
        ] {
            assert_eq!(end(log, false).as_deref(), Some(shows), "{log:?}");
        }
        assert_eq!(end("\n \r\n", false), None);
    }

    #[test]
    fn half_a_line_at_its_beginning_is_none() {
        assert_eq!(end("half a li\nwhole", true).as_deref(), Some("whole"));
        assert_eq!(end("half a li", true), None);
        assert_eq!(end("whole\nwhole", false).as_deref(), Some("whole\nwhole"));
    }

    #[test]
    fn it_is_bounded_and_its_end_is_kept() {
        let log: String =
            (0..10_000).map(|n| format!("line {n} {}\n", "x".repeat(n % 900))).collect();
        let kept = end(&log, false).unwrap();
        assert!(kept.len() <= KEPT + 4 && kept.lines().last().unwrap().starts_with("line 9999 "));
        assert!(kept.lines().all(|line| line.chars().count() <= LONGEST_LINE + 1));
    }

    #[test]
    fn a_secret_is_taken_out_however_it_is_coloured() {
        let redact = |text: &str| text.replace("hunter2", "[secret]");
        let end = LogEnd::of(b"key: hun\x1b[1mter2\n", false, redact).unwrap();
        assert_eq!(end.text(), "key: [secret]");
        assert_eq!(end.last_lines(3), ["key: [secret]"]);
    }

    proptest! {
        #[test]
        fn whatever_it_holds_is_bounded(log: Vec<u8>, is_cut: bool) {
            if let Some(end) = LogEnd::of(&log, is_cut, str::to_owned) {
                let is_plain = !end.0.contains('\u{1b}');
                prop_assert!(end.0.len() <= KEPT && is_plain);
            }
        }
    }
}
