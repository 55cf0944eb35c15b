//! The guard `secrets`: no key, token or password in what is added, in what is said, in a name.
//!
//! What it finds it never repeats: a finding says what it looks like, and where. No remark in a line
//! makes it look away, since the agent writes these lines too.

mod binary;
mod chance;
mod look;
mod rules;

use std::collections::{HashMap, HashSet};

pub use binary::{BinaryLook, LARGEST_BINARY, MOST_BINARIES, look_into};
use look::{Secret, in_text, look};
use rules::RuleKind;

use super::code::FindingCode;
use super::diff::{Diff, DiffContent, DiffFile, LineKind};
use super::finding::{EvidenceLink, GuardFinding};
use super::name::GuardName;
use super::paths::is_lock_file;
use super::result::GuardResult;
use super::sentence::Sentence;
use crate::core::model::commit::Commit;

/// What agents say beside a diff.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SaidFacts {
    /// The names of the branches.
    pub branches: Vec<String>,
    /// The message of each commit.
    pub messages: Vec<(Commit, String)>,
    /// Descriptions and answers, each with what it is called.
    pub texts: Vec<(String, String)>,
    /// Comments, by their numbers.
    pub comments: Vec<(i64, String)>,
}

/// What is in files that a diff does not show, by their paths.
pub type BinaryLooks = HashMap<String, BinaryLook>;

/// Judges a change with what was said of it.
pub fn secrets(diff: &Diff<'_>, looks: &BinaryLooks, said: &SaidFacts) -> GuardResult {
    let mut seen: Vec<(Secret<'_>, GuardFinding)> = Vec::new();
    for file in &diff.files {
        in_file(file, &mut seen);
    }
    let old = if seen.is_empty() { HashSet::new() } else { known_before(diff) };
    let new = seen.into_iter().filter(|(secret, _)| !old.contains(secret.text));
    let mut findings: Vec<_> = new.map(|(_, finding)| finding).collect();
    for path in diff.files.iter().flat_map(DiffFile::changed_paths) {
        findings.extend(in_name(path, "a file"));
    }
    findings.extend(diff.files.iter().filter_map(|file| in_binary(file, looks)));
    findings.extend(of_said(said));
    let seen = "no added line, message or name looks like a secret";
    GuardResult::new(GuardName::Secrets, Sentence::of(seen, &[]), findings)
}

/// Judges what was said where nothing was changed.
pub fn secrets_said(said: &SaidFacts) -> GuardResult {
    let seen = "nothing that was said looks like a secret";
    GuardResult::new(GuardName::Secrets, Sentence::of(seen, &[]), of_said(said))
}

fn of_said(said: &SaidFacts) -> Vec<GuardFinding> {
    let mut findings = Vec::new();
    for branch in &said.branches {
        findings.extend(in_name(branch, "a branch"));
    }
    for (commit, message) in &said.messages {
        if let Some(what) = in_text(message) {
            let said = format!("The message of a commit holds {what}.");
            let finding = found(FindingCode::SecretInMessage, &said, &[]);
            findings.push(finding.at(EvidenceLink::Commit(commit.clone())));
        }
    }
    for (name, text) in &said.texts {
        if let Some(what) = in_text(text) {
            let form = format!("{{}} holds {what}.");
            findings.push(found(FindingCode::SecretInText, &form, &[name]));
        }
    }
    for (number, text) in &said.comments {
        if let Some(what) = in_text(text) {
            let form = format!("Comment {{}} holds {what}: delete it, or take that out of it.");
            findings.push(found(FindingCode::SecretInText, &form, &[&number.to_string()]));
        }
    }
    findings
}

/// Finds secrets in the added lines of a file.
fn in_file<'a>(file: &DiffFile<'a>, seen: &mut Vec<(Secret<'a>, GuardFinding)>) {
    let is_lock_file = is_lock_file(file.path());
    let mut lines = file.added().peekable();
    while let Some(line) = lines.next() {
        let next = lines.peek().map_or(&b""[..], |next| next.text);
        for secret in look(line.text, next) {
            // Digests stand there beside all kinds of names.
            if is_lock_file && secret.rule.kind == RuleKind::Named {
                continue;
            }
            let place = format!("{}:{}", file.path(), line.number);
            let form = format!("{{}} holds {}.", secret.rule.name);
            let finding = found(FindingCode::SecretInFile, &form, &[&place]);
            seen.push((secret, finding.in_file(file.path(), Some(line.number))));
        }
    }
}

/// What is to be said of a file that the diff does not show. One that nobody looked into has not
/// passed.
fn in_binary(file: &DiffFile<'_>, looks: &BinaryLooks) -> Option<GuardFinding> {
    if file.is_gone() || file.content != DiffContent::Binary {
        return None;
    }
    let path = file.path();
    let finding = match looks.get(path).copied().unwrap_or(BinaryLook::NotKnown) {
        BinaryLook::Harmless => return None,
        BinaryLook::Holds(what) => {
            found(FindingCode::SecretInFile, &format!("{{}} holds {what}."), &[path])
        }
        BinaryLook::NotKnown => found(
            FindingCode::BinaryChanged,
            "{} changes, and the diff does not show how.",
            &[path],
        ),
    };
    Some(finding.in_file(path, None))
}

/// What looks like a secret and is none that this change brings.
fn known_before<'a>(diff: &Diff<'a>) -> HashSet<&'a [u8]> {
    let old = diff.files.iter().flat_map(DiffFile::lines);
    let old = old.filter(|line| line.kind != LineKind::Added);
    old.flat_map(|line| look(line.text, b"")).map(|secret| secret.text).collect()
}

/// A name is not repeated that holds a secret.
fn in_name(name: &str, of: &str) -> Option<GuardFinding> {
    let what = in_text(name)?;
    let said = format!("The name of {of} holds {what}.");
    Some(found(FindingCode::SecretInName, &said, &[]))
}

fn found(code: FindingCode, form: &str, foreign: &[&str]) -> GuardFinding {
    GuardFinding::new(GuardName::Secrets, code, Sentence::of(form, foreign))
}

#[cfg(test)]
mod tests {
    use crate::core::guards::diff::parse_diff;
    use crate::core::guards::secrets::*;

    /// Text with as much chance in it as a key has, made here so that no key stands in this file.
    fn chaos(length: usize, alphabet: &str) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        let mut state = 88_172_645_463_325_252_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            alphabet[usize::try_from(state % alphabet.len() as u64).unwrap()]
        };
        (0..length).map(|_| next()).collect()
    }

    const ANY: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const HEX: &str = "0123456789abcdef";

    fn any(length: usize) -> String {
        chaos(length, ANY)
    }

    fn hex(length: usize) -> String {
        chaos(length, HEX)
    }

    fn codes(added: &str) -> Vec<&'static str> {
        let count = added.lines().count();
        let lines: String = added.lines().map(|line| format!("+{line}\n")).collect();
        let text = format!("diff --git a/x.py b/x.py\n@@ -0,0 +1,{count} @@\n{lines}");
        let diff = parse_diff(text.as_bytes()).unwrap();
        let result = secrets(&diff, &BinaryLooks::new(), &SaidFacts::default());
        result.findings.iter().map(|finding| finding.code.name()).collect()
    }

    #[test]
    fn keys_are_told_by_their_forms() {
        for line in [
            format!("ghp_{}", any(36)),
            format!("github_pat_{}", any(82)),
            format!("gto_{}", chaos(52, BASE32).to_ascii_lowercase()),
            format!("glpat-{}", any(20)),
            format!("AKIA{}", chaos(16, BASE32)),
            format!("AIza{}", any(35)),
            format!("GOCSPX-{}", any(28)),
            format!("xoxb-12345-{}", any(24)),
            format!("https://hooks.slack.com/services/T{}/B{}/{}", any(8), any(8), any(24)),
            format!("sk-proj-{}T3BlbkFJ{}", any(40), any(40)),
            format!("sk-ant-api03-{}", any(95)),
            format!("sk-or-v1-{}", hex(64)),
            format!("gsk_{}", any(52)),
            format!("hf_{}", chaos(34, LETTERS)),
            format!("sk_live_{}", any(24)),
            format!("npm_{}", any(36)),
            format!("pypi-AgEIcHlwaS5vcmc{}", any(80)),
            format!("cio{}", any(32)),
            format!("rubygems_{}", hex(48)),
            format!("dckr_pat_{}", any(27)),
            format!("dop_v1_{}", hex(64)),
            format!("SG.{}.{}", any(22), any(43)),
            format!("987654321:AA{}", any(33)),
            format!("AGE-SECRET-KEY-1{}", chaos(58, "023456789ACDEFGHJKLMNPQRSTUVWXYZ")),
            format!("hvs.{}", any(90)),
            format!("tskey-auth-{}-{}", any(12), any(30)),
            format!("dapi{}", hex(32)),
            format!("shpat_{}", hex(32)),
            format!("lin_api_{}", any(40)),
            format!("dp.pt.{}", any(43)),
            format!("AccountName=a;AccountKey={}==;", any(86)),
            format!("postgres://app:{}@db.internal.org/app", any(16)),
            format!("Authorization: token {}", hex(40)),
            format!("api_key = \"{}\"", any(32)),
            format!("const GITEA_TOKEN = '{}'", hex(40)),
            format!("  \"client_secret\": \"{}\",", any(40)),
            format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{}", any(70)),
            format!("key: \"-----BEGIN RSA PRIVATE KEY-----\\n{}\"", any(64)),
        ] {
            assert_eq!(codes(&line), ["secret_in_file"], "{line}");
        }
    }

    #[test]
    fn what_is_no_secret_is_let_pass() {
        for line in [
            "AKIAIOSFODNN7EXAMPLE".to_owned(),
            format!("ghp_{}", "x".repeat(36)),
            "token = os.environ[\"GITEA_TOKEN\"]".to_owned(),
            "token = \"your-token-goes-here-0123\"".to_owned(),
            "password = \"correct-horse-battery-staple\"".to_owned(),
            "secret_name = \"timmy-webhook-secret-name-1\"".to_owned(),
            format!("commit = \"{}\"", hex(40)),
            format!("\"integrity\": \"sha512-{}==\"", any(86)),
            format!("token: ${{{{ secrets.{} }}}}", any(24)),
            "postgres://postgres:postgres@localhost:5432/test".to_owned(),
            "https://user:$PASSWORD@git.example.org/a.git".to_owned(),
            "https://git.example.org/a/b:c@d.org".to_owned(),
            "if line == \"-----BEGIN PRIVATE KEY-----\" {".to_owned(),
            "-----BEGIN PUBLIC KEY-----".to_owned(),
            format!("token_id = \"{}\"", "1234567890".repeat(3)),
            "fn tokenize_with_a_very_long_function_name_2(secret: &str) {}".to_owned(),
            "let social = \"discombobulated\";".to_owned(),
        ] {
            assert_eq!(codes(&line), Vec::<&str>::new(), "{line}");
        }
    }

    #[test]
    fn messages_branches_files_and_comments_are_looked_at() {
        let key = format!("ghp_{}", any(36));
        let text = format!("diff --git a/{key} b/{key}\nnew file mode 100644\n");
        let diff = parse_diff(text.as_bytes()).unwrap();
        let said = SaidFacts {
            branches: vec![format!("timmy/41-{key}")],
            messages: vec![("a".repeat(40).parse().unwrap(), format!("Fix it\n\nwith {key}"))],
            texts: vec![("its summary".to_owned(), format!("I used {key}."))],
            comments: vec![(7, "It squeaks.".to_owned()), (8, format!("I used\n{key}"))],
        };
        let result = secrets(&diff, &BinaryLooks::new(), &said);
        let codes: Vec<_> = result.findings.iter().map(|finding| finding.code.name()).collect();
        let [name, message, text] = ["secret_in_name", "secret_in_message", "secret_in_text"];
        assert_eq!(codes, [name, name, message, text, text]);
        let told = serde_json::to_string(&result).unwrap();
        assert!(!told.contains(&key), "{told}");
    }

    #[test]
    fn what_was_there_before_is_not_found_again() {
        let key = format!("ghp_{}", any(36));
        let moved =
            format!("diff --git a/x b/x\n@@ -1 +1,2 @@\n-a = {key}\n+if b:\n+    a = {key}\n");
        let diff = parse_diff(moved.as_bytes()).unwrap();
        assert!(secrets(&diff, &BinaryLooks::new(), &SaidFacts::default()).has_passed());
    }
}
