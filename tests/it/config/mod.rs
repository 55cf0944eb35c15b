//! The configuration as its reader meets it.

mod example;
mod hostile;
mod notify;
mod otlp;
mod policy;
mod problems;
mod secrets;
mod temporal;
mod webhooks;

use std::path::Path;

use timmy::config::{Config, Loaded, Outside, Problems, SecretFile, parse};

const EXAMPLE: &str = include_str!("../../../examples/timmy.toml");

/// The least that timmy starts with.
const LEAST: &str = r#"
[gitea]
url = "https://git.example.org"
token_file = "token"
watch = ["foundation"]
[people]
owner = "alexander"
operators = []
approvers = []
"#;

/// Reads `text` where every file holds a secret, those of webhooks one of their own, and the
/// environment is empty.
fn read(text: &str) -> Result<Loaded, Problems> {
    let secret_file = |path: &Path| {
        let path = path.display().to_string();
        let text = if path.contains("webhook") { path } else { "s3cret\n".to_owned() };
        Ok(SecretFile { text, exposed: false })
    };
    parse(text, Path::new("timmy.toml"), Outside { env: &|_| None, secret_file: &secret_file })
}

/// What is wrong with `text`, as printed.
fn problems(text: &str) -> String {
    read(text).expect_err("a problem").to_string()
}

/// What is wrong with the least configuration and `more`, which begins in line 11.
fn problems_with(more: &str) -> String {
    problems(&format!("{LEAST}\n{}", more.trim_start()))
}

fn config(text: &str) -> Config {
    read(text).unwrap_or_else(|problems| panic!("{problems}")).config
}
