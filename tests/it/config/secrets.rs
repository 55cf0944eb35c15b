//! Where secrets come from, and where files are looked for.

use std::io;
use std::path::Path;

use timmy::config::{AgentKind, Outside, SecretFile, find, load, parse};

use super::{EXAMPLE, LEAST, problems_with};

#[test]
fn a_secret_in_the_file_is_refused() {
    insta::assert_snapshot!(problems_with(r#"
[webhook]
secret = "hunter2"
[[agent]]
name = "ezra"
token = hunter2
[web]
password = "hunter2"
"#), @r##"
    timmy.toml:12:1: webhook.secret: secrets never stand in this file. Put it into a file of mode 0600 and name that as webhook.secret_files, or set TIMMY_WEBHOOK_SECRET. Replace the one that stood here: it may have been read.
    timmy.toml:15:1: agent.token: secrets never stand in this file. Put it into a file of mode 0600 and name that as agent.token_file, or set TIMMY_AGENT_EZRA_TOKEN. Replace the one that stood here: it may have been read.
    timmy.toml:17:1: web.password: secrets never stand in this file. Nothing here takes a secret. Delete the line.
    3 problems: nothing was started.
    "##);
}

#[test]
fn the_environment_goes_before_the_files() {
    let env = |name: &str| match name {
        "TIMMY_GITEA_TOKEN" => Some("from-env".to_owned()),
        "TIMMY_AGENT_EZRA_KEY" => Some("ezra-env".to_owned()),
        _ => None,
    };
    let secret_file = |path: &Path| match path.to_str() {
        Some("/etc/timmy/token" | "/etc/timmy/ezra.key") => Err(io::ErrorKind::NotFound.into()),
        _ => Ok(SecretFile { text: "from-file".to_owned(), exposed: false }),
    };
    let world = Outside { env: &env, secret_file: &secret_file };
    let config = parse(EXAMPLE, Path::new("timmy.toml"), world).unwrap().config;
    assert_eq!(config.gitea.token.expose(), "from-env");
    assert_eq!(config.webhook.unwrap().secrets[0].secret.expose(), "from-file");
    let AgentKind::Hermes { key, .. } = &config.agents[0].kind else { panic!("not hermes") };
    assert_eq!(key.expose(), "ezra-env");
}

#[test]
fn unreadable_and_empty_secrets_are_explained() {
    let secret_file = |path: &Path| match path.to_str() {
        Some("/etc/timmy/token") => Err(io::ErrorKind::NotFound.into()),
        Some("/etc/timmy/webhook-foundation") => Err(io::ErrorKind::PermissionDenied.into()),
        Some("/etc/timmy/groq.key") => Err(io::ErrorKind::IsADirectory.into()),
        _ => Ok(SecretFile { text: "\n".to_owned(), exposed: false }),
    };
    let env = |name: &str| (name == "TIMMY_AGENT_EZRA_KEY").then(String::new);
    let world = Outside { env: &env, secret_file: &secret_file };
    let problems = parse(EXAMPLE, Path::new("timmy.toml"), world).unwrap_err();
    insta::assert_snapshot!(problems, @r##"
    timmy.toml:15:14: gitea.token_file names a file that does not exist. Create it with mode 0600. Relative names count from the folder of the configuration.
    timmy.toml:25:31: webhook.secret_files names a file that timmy may not read. Let the user that runs timmy own it, with mode 0600.
    timmy.toml:25:84: webhook.secret_files names a file that is empty. Write the secret into it, on one line, and nothing else.
    timmy.toml:65:14: agent.token_file names a file that is empty. Write the secret into it, on one line, and nothing else.
    timmy.toml:68:12: agent.key_file names a file that cannot be read (is a directory). Name a plain text file that holds the secret and nothing else.
    timmy.toml: the variable TIMMY_AGENT_EZRA_KEY is empty. Set it to the one line that it should hold, or unset it.
    6 problems: nothing was started.
    "##);
}

#[test]
fn files_count_from_the_folder_of_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("timmy.toml");
    std::fs::write(&path, LEAST).unwrap();
    std::fs::write(folder.path().join("token"), "s3cret\n").unwrap();
    let loaded = load(&path, &|_| None).unwrap();
    assert_eq!(loaded.config.gitea.token.expose(), "s3cret");
    assert_eq!(loaded.config.ledger.path, folder.path().join("timmy.db"));
    assert_eq!(find(Some(&path), &|_| None), Ok(path));
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_can_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("timmy.toml");
    let token = folder.path().join("token");
    std::fs::write(&path, LEAST).unwrap();
    std::fs::write(&token, "s3cret\n").unwrap();
    for (mode, warnings) in [(0o600, 0), (0o400, 0), (0o640, 1), (0o604, 1)] {
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(load(&path, &|_| None).unwrap().warnings.len(), warnings, "{mode:o}");
    }
}

#[test]
fn a_configuration_that_cannot_be_read_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    let missing = load(&folder.path().join("none.toml"), &|_| None).unwrap_err();
    assert!(missing.to_string().contains("timmy init"), "{missing}");
    let path = folder.path().join("binary.toml");
    std::fs::write(&path, b"\xff\xfe").unwrap();
    assert!(load(&path, &|_| None).is_err());
}
