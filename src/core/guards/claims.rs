//! The guard `claims`: what an agent says, beside what changed.
//!
//! Words prove nothing, so it only warns. But what was asked for, point by point, is worth a look
//! where neither the agent nor the change speaks of it.

use std::sync::LazyLock;

use regex::Regex;

use super::code::FindingCode;
use super::diff::{Diff, DiffFile};
use super::finding::GuardFinding;
use super::name::GuardName;
use super::result::GuardResult;
use super::sentence::Sentence;
use super::tests::TestChanges;

/// How much of what an agent says is read, in bytes.
const LONGEST_SAID: usize = 64 << 10;

/// How many points are looked for, and how many words of each.
const MOST_POINTS: usize = 50;
const MOST_WORDS: usize = 12;

/// What was asked for, and what is said to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimFacts {
    /// The words of the agent: its summary, the description of its pull request.
    pub said: String,
    /// The points of the issue that say when it is done.
    pub asked: Vec<String>,
}

/// Compares what is said with what changed.
pub fn claims(diff: &Diff<'_>, facts: &ClaimFacts, tests: &TestChanges) -> GuardResult {
    let said = beginning(&facts.said);
    let mut findings = Vec::new();
    if claims_tests(said) && tests.added == 0 && !tests.got_lines {
        let form = "It says that it added tests, and no test was added.";
        findings.push(found(FindingCode::ClaimedTests, Sentence::of(form, &[])));
    }
    for path in claimed_files(said) {
        if !diff.files.iter().any(|file| is_called(file, &path)) {
            let form = "It says that it changed {}, which did not change.";
            findings.push(found(FindingCode::ClaimedFile, Sentence::of(form, &[&path])));
        }
    }
    let unsaid = "Neither it nor the change speaks of this: {}.";
    let (open, seen) = unspoken(facts, diff, unsaid);
    findings.extend(open);
    let seen = seen.unwrap_or_else(|| "what it says agrees with what changed".to_owned());
    GuardResult::new(GuardName::Claims, Sentence::of(&seen, &[]), findings)
}

/// Looks whether what is said, where nothing was to change, speaks of what was asked for.
pub fn claims_said(facts: &ClaimFacts) -> GuardResult {
    let (open, seen) = unspoken(facts, &Diff::default(), "It does not speak of this: {}.");
    let seen = seen.unwrap_or_else(|| "the issue names no points to speak of".to_owned());
    GuardResult::new(GuardName::Claims, Sentence::of(&seen, &[]), open)
}

/// The points of the issue of which nothing speaks, each told in this form; and how many there are,
/// if there are any.
fn unspoken(
    facts: &ClaimFacts,
    diff: &Diff<'_>,
    form: &str,
) -> (Vec<GuardFinding>, Option<String>) {
    let said = beginning(&facts.said);
    let asked = &facts.asked[..facts.asked.len().min(MOST_POINTS)];
    let open = asked.iter().filter(|point| !speaks_of(said, diff, point));
    let unsaid = |point: &String| found(FindingCode::NotMentioned, Sentence::of(form, &[point]));
    let open: Vec<GuardFinding> = open.map(unsaid).collect();
    let (spoken, all) = (asked.len() - open.len(), asked.len());
    let seen = format!("{spoken} of {all} points of the issue are spoken of");
    (open, (all > 0).then_some(seen))
}

fn found(code: FindingCode, said: Sentence) -> GuardFinding {
    GuardFinding::new(GuardName::Claims, code, said)
}

fn beginning(text: &str) -> &str {
    let mut end = text.len().min(LONGEST_SAID);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn claims_tests(said: &str) -> bool {
    const PATTERN: &str = r"(?i)\b(?:add|adds|added|adding|wrote|writes|new|covers?|covered (?:by|with))\b[^.\n]{0,40}\btests?\b";
    static CLAIMS: LazyLock<Regex> = LazyLock::new(|| pattern(PATTERN));
    CLAIMS.is_match(said)
}

/// The files that it says it changed: names in backticks, in a line that speaks of a change.
fn claimed_files(said: &str) -> Vec<String> {
    const CHANGES: &str =
        r"(?i)\b(?:add|chang|updat|fix|creat|remov|delet|renam|mov|edit|rewr|introduc)\w*";
    const NAME: &str = r"`([\w.@/-]+\.[A-Za-z]\w{0,5})(?::\d+)?`";
    static CHANGE: LazyLock<Regex> = LazyLock::new(|| pattern(CHANGES));
    static FILE: LazyLock<Regex> = LazyLock::new(|| pattern(NAME));
    let lines = said.lines().filter(|line| CHANGE.is_match(line));
    let mut files: Vec<String> = lines
        .flat_map(|line| FILE.captures_iter(line))
        .map(|found| found[1].trim_start_matches("./").to_owned())
        // A method, `store.save`, is no file.
        .filter(|name| name.contains('/'))
        .take(MOST_POINTS)
        .collect();
    files.sort_unstable();
    files.dedup();
    files
}

/// Whether a file has this name, or ends with it.
fn is_called(file: &DiffFile<'_>, name: &str) -> bool {
    file.changed_paths().any(|path| {
        path.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('/'))
    })
}

/// Whether half of the words of a point stand in what is said or in what was added.
fn speaks_of(said: &str, diff: &Diff<'_>, point: &str) -> bool {
    let words = telling_words(point);
    let needed = words.len().div_ceil(2);
    let said = said.to_lowercase();
    let unsaid: Vec<&String> = words.iter().filter(|word| !said.contains(word.as_str())).collect();
    let left = needed.saturating_sub(words.len() - unsaid.len());
    left == 0 || unsaid.iter().filter(|word| is_added(diff, word)).take(left).count() == left
}

/// Whether a word stands in the name of a file that changed, or in an added line.
fn is_added(diff: &Diff<'_>, word: &str) -> bool {
    let find = memchr::memmem::Finder::new(word);
    // Names in code may begin with a capital.
    let find_rest = memchr::memmem::Finder::new(word.get(1..).unwrap_or(word));
    diff.files.iter().any(|file| {
        find.find(file.path().to_lowercase().as_bytes()).is_some()
            || file.added().any(|line| match find_rest.find(line.text) {
                Some(0) | None => false,
                Some(at) => {
                    let first = line.text[at - 1].to_ascii_lowercase();
                    word.as_bytes().first() == Some(&first)
                }
            })
    })
}

/// The words of a point that say what it is about, in lower case.
fn telling_words(point: &str) -> Vec<String> {
    const COMMON: [&str; 30] = [
        "that", "this", "with", "when", "then", "should", "must", "have", "been", "from", "will",
        "does", "there", "their", "they", "them", "into", "each", "every", "also", "only", "which",
        "after", "before", "where", "what", "still", "need", "needs", "more",
    ];
    let words = point.split(|c: char| !c.is_alphanumeric() && c != '_');
    let telling = words.map(str::to_lowercase).filter(|word| {
        word.chars().count() >= 4 && word.is_ascii() && !COMMON.contains(&word.as_str())
    });
    let mut telling: Vec<String> = telling.take(MOST_WORDS).collect();
    telling.sort_unstable();
    telling.dedup();
    telling
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("{error}"))
}
