//! Says which commit and which features a build is of, for `timmy --version`. It needs no git: what
//! cannot be found out is "unknown".

#![allow(clippy::print_stdout, reason = "so cargo is told")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=TIMMY_COMMIT");
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let (commit, features) = (commit(), features());
    println!("cargo:rustc-env=TIMMY_COMMIT={commit}");
    println!("cargo:rustc-env=TIMMY_FEATURES={features}");
    println!("cargo:rustc-env=TIMMY_VERSION={version} (commit {commit}; features: {features})");
}

/// Whoever packages it may say the commit; else it is asked of git, for a release.
fn commit() -> String {
    let said = env::var("TIMMY_COMMIT").ok().filter(|said| is_word(said));
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let found = || if is_release { of_git() } else { None };
    said.or_else(found).unwrap_or_else(|| "unknown".to_owned())
}

fn of_git() -> Option<String> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?).canonicalize().ok()?;
    // An unpacked archive may lie within the repository of something else.
    let top = PathBuf::from(git(&root, &["rev-parse", "--show-toplevel"])?).canonicalize().ok()?;
    if top != root {
        return None;
    }
    // It grows with each commit and each checkout. A path that is not there would mean "always".
    let log = root.join(git(&root, &["rev-parse", "--git-path", "logs/HEAD"])?);
    if log.exists() {
        println!("cargo:rerun-if-changed={}", log.display());
    }
    git(&root, &["rev-parse", "--short=12", "HEAD"]).filter(|commit| is_word(commit))
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// Whether it can stand in a line and in a label.
fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._+".contains(&b))
}

/// The features of this package that are switched on, as it names them.
fn features() -> String {
    let mut all: Vec<String> = env::vars()
        .filter_map(|(name, _)| name.strip_prefix("CARGO_FEATURE_").map(str::to_lowercase))
        .filter(|name| name != "default")
        .collect();
    all.sort();
    if all.is_empty() { "none".to_owned() } else { all.join(",") }
}
