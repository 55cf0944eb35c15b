//! The configuration's text: the example that comes with timmy, with the answers put in, and
//! without the fleet that nobody has on the first day.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use url::{Host, Url};

use super::answers::Answers;

/// Where the token is to be put, from the folder of the configuration.
pub(super) const TOKEN: &str = "secrets/token";
/// Where the webhooks' secrets are; of one for everything it is the whole name.
const WEBHOOK_SECRET: &str = "secrets/webhook";

const EXAMPLE: &str = include_str!("../../../examples/timmy.toml");

/// Tables that name what only some have: they stay, as examples.
const OPTIONAL: [&str; 2] = ["[[agent]]", "[report]"];

/// The example with `answers` in place of its own.
pub(super) fn write(answers: &Answers) -> String {
    let mut text = String::new();
    let mut table = "";
    for line in EXAMPLE.lines() {
        if line.starts_with('[') {
            table = line.split("  #").next().unwrap_or(line).trim_end();
            if OPTIONAL.contains(&table) {
                text.push_str("# e.g.\n");
            }
        }
        let is_setting = !line.starts_with('#') && !line.is_empty();
        if OPTIONAL.contains(&table) && is_setting {
            text.push_str("# ");
        }
        match replacement(table, line, answers) {
            Some(value) => text.push_str(&with_value(line, &value)),
            None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

/// The value for the setting in `line`, if it is one of the answers.
fn replacement(table: &str, line: &str, answers: &Answers) -> Option<String> {
    let (key, _) = line.split_once(" = ")?;
    Some(match (table, key) {
        ("[gitea]", "url") => string(&answers.url),
        ("[gitea]", "token_file") => string(TOKEN),
        ("[gitea]", "watch") => list(&answers.watch),
        ("[webhook]", "listen") => string(&listen(answers.public_url.as_ref()?)?),
        ("[webhook]", "public_url") => string(answers.public_url.as_ref()?),
        ("[webhook]", "secret_files") => secret_files(answers),
        ("[people]", "owner") => string(&answers.owner),
        ("[people]", "approvers") => list(std::slice::from_ref(&answers.owner)),
        _ => return None,
    })
}

/// Where to listen so that `public_url` leads there without a proxy: where it names this machine
/// and a port of its own, and asks for no TLS.
fn listen(public_url: &str) -> Option<String> {
    let url = Url::parse(public_url).ok().filter(|url| url.scheme() == "http")?;
    let ip = match url.host()? {
        Host::Domain("localhost") => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Host::Domain(_) => return None,
        Host::Ipv4(ip) => IpAddr::V4(ip),
        Host::Ipv6(ip) => IpAddr::V6(ip),
    };
    let is_here = ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok();
    is_here.then_some(SocketAddr::new(ip, url.port()?).to_string())
}

/// The file of each webhook's secret, with what it is for; nothing if it is for everything.
pub(super) fn webhook_secrets(answers: &Answers) -> Vec<(Option<&str>, String)> {
    if answers.watch.iter().any(|watched| watched == "*") {
        return vec![(None, WEBHOOK_SECRET.to_owned())];
    }
    let of = |watched: &String| {
        // No name of the forge's has a plus: so two places never share a file.
        format!("{WEBHOOK_SECRET}-{}", watched.to_ascii_lowercase().replace('/', "+"))
    };
    let mut secrets: Vec<(Option<&str>, String)> = Vec::new();
    for watched in &answers.watch {
        let file = of(watched);
        if secrets.iter().all(|(_, other)| *other != file) {
            secrets.push((Some(watched), file));
        }
    }
    secrets
}

fn secret_files(answers: &Answers) -> String {
    let named = |(watched, file): (Option<&str>, String)| match watched {
        None => None,
        Some(owner) if is_bare(owner) => Some(format!("{owner} = {}", string(&file))),
        Some(other) => Some(format!("{} = {}", string(other), string(&file))),
    };
    let secrets = webhook_secrets(answers);
    let files: Vec<String> = secrets.iter().map(|(_, file)| file.clone()).collect();
    match secrets.into_iter().map(named).collect::<Option<Vec<String>>>() {
        Some(named) => format!("{{ {} }}", named.join(", ")),
        None => list(&files),
    }
}

/// Whether TOML takes it as a key without quotes.
fn is_bare(key: &str) -> bool {
    key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// `line` with another value, and the comment that it had where it was, if there is room.
fn with_value(line: &str, value: &str) -> String {
    let setting = format!("{} = {value}", line.split(" = ").next().unwrap_or_default());
    match line.split_once("  # ") {
        Some((before, comment)) => {
            let column = before.chars().count();
            format!("{setting:<column$}  # {comment}")
        }
        None => setting,
    }
}

fn list(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| string(value)).collect();
    format!("[{}]", values.join(", "))
}

/// A string as TOML writes it. What it cannot hold the check of the whole finds.
fn string(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use crate::cli::init::document::*;

    fn answers() -> Answers {
        Answers {
            url: "https://forge.example".to_owned(),
            owner: "anna".to_owned(),
            watch: vec!["guild".to_owned(), "anna/notes".to_owned()],
            public_url: Some("https://timmy.example/webhook".to_owned()),
        }
    }

    #[test]
    fn every_answer_takes_the_place_of_the_examples() {
        let text = write(&answers());
        let settings: Vec<&str> =
            text.lines().filter(|l| !l.starts_with(['#', '[']) && !l.is_empty()).collect();
        let values: Vec<&str> = settings
            .iter()
            .filter_map(|line| line.split("  # ").next())
            .map(str::trim_end)
            .collect();
        assert_eq!(
            values,
            [
                r#"url = "https://forge.example""#,
                r#"token_file = "secrets/token""#,
                r#"watch = ["guild", "anna/notes"]"#,
                r#"listen = "127.0.0.1:8787""#,
                r#"public_url = "https://timmy.example/webhook""#,
                r#"secret_files = { guild = "secrets/webhook-guild", "anna/notes" = "secrets/webhook-anna+notes" }"#,
                r#"owner = "anna""#,
                r#"operators = ["writers"]"#,
                r#"approvers = ["anna"]"#,
            ]
        );
    }

    #[test]
    fn it_listens_where_an_address_of_this_machine_leads() {
        let written = |public_url: &str| {
            write(&Answers { public_url: Some(public_url.to_owned()), ..answers() })
        };
        for (public_url, listen) in [
            ("http://127.0.0.1:9000/webhook", "127.0.0.1:9000"),
            ("http://localhost:9000/webhook", "127.0.0.1:9000"),
            ("http://[::1]:9000/webhook", "[::1]:9000"),
            // Somebody else's, a proxy's, or another machine's.
            ("http://127.0.0.1/webhook", "127.0.0.1:8787"),
            ("https://127.0.0.1:9000/webhook", "127.0.0.1:8787"),
            ("http://192.0.2.7:9000/webhook", "127.0.0.1:8787"),
            ("http://timmy.example:9000/webhook", "127.0.0.1:8787"),
        ] {
            let text = written(public_url);
            assert!(text.contains(&format!("\nlisten = \"{listen}\"")), "{public_url}: {text}");
        }
    }

    #[test]
    fn where_everything_is_watched_there_is_one_secret() {
        let everything = Answers { watch: vec!["*".to_owned()], ..answers() };
        assert!(write(&everything).contains(r#"secret_files = ["secrets/webhook"]"#));
    }

    #[test]
    fn every_comment_of_the_example_stays() {
        let text = write(&answers());
        for line in EXAMPLE.lines().filter(|line| line.starts_with('#')) {
            assert!(text.lines().any(|written| written == line), "{line}");
        }
        assert!(text.contains("# organisations, users, repositories"));
    }

    #[test]
    fn the_fleet_is_an_example() {
        let text = write(&answers());
        assert_eq!(text.matches("# e.g.\n# [[agent]]\n# name = ").count(), 4);
        assert!(text.contains("# e.g.\n# [report]\n# repository = "));
    }

    #[test]
    fn an_answer_cannot_leave_its_string() {
        let mut hostile = answers();
        hostile.owner = "a\"\nb = \\".to_owned();
        assert!(write(&hostile).contains("owner = \"a\\\"\nb = \\\\\""));
    }
}
