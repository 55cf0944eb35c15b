//! `webhook.secret_files`: what each secret speaks for.

use std::path::Path;

use timmy::config::{Outside, SecretFile, parse};
use timmy::core::model::ids::RepoName;
use timmy::core::policy::webhook_scope::HookScope;

use super::{LEAST, problems_with, read};

/// A configuration that watches `watch`, with these `secret_files`.
fn text(watch: &str, secret_files: &str) -> String {
    let webhook = format!(
        "[webhook]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://timmy.example.org/webhook\"\n\
         secret_files = {secret_files}\n"
    );
    LEAST.replace("[\"foundation\"]", watch) + &webhook
}

/// What is unwise about it, one a line.
fn warnings(watch: &str, secret_files: &str) -> String {
    let secret_file =
        |path: &Path| Ok(SecretFile { text: path.display().to_string(), exposed: false });
    let world = Outside { env: &|_| None, secret_file: &secret_file };
    let text = text(watch, secret_files);
    let loaded = parse(&text, Path::new("timmy.toml"), world).unwrap_or_else(|p| panic!("{p}"));
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    warnings.join("\n")
}

#[test]
fn each_owner_and_repository_can_have_a_secret_of_its_own() {
    let secret_file =
        |path: &Path| Ok(SecretFile { text: format!("in {}", path.display()), exposed: false });
    let world = Outside { env: &|_| None, secret_file: &secret_file };
    let files = r#"{ foundation = ["new", "old"], "alexander/notes" = "/notes" }"#;
    let text = text(r#"["foundation", "alexander/notes"]"#, files);
    let loaded = parse(&text, Path::new("/etc/timmy.toml"), world).unwrap();
    assert_eq!(loaded.warnings, []);
    let webhook = loaded.config.webhook.unwrap();
    let owner = || HookScope::Owner("foundation".to_owned());
    let notes: RepoName = "alexander/notes".parse().unwrap();
    let secrets: Vec<_> = webhook
        .secrets
        .iter()
        .map(|one| (one.scope.clone(), one.secret.expose(), one.file.as_deref().unwrap()))
        .collect();
    assert_eq!(
        secrets,
        [
            (owner(), "in /etc/new", Path::new("/etc/new")),
            (owner(), "in /etc/old", Path::new("/etc/old")),
            (HookScope::Repository(notes.clone()), "in /notes", Path::new("/notes")),
        ]
    );
    let of_owner = |name| webhook.secret_of_owner(name).map(|one| one.secret.expose());
    let of_repository = |name: &str| {
        webhook.secret_of_repository(&name.parse().unwrap()).map(|one| one.secret.expose())
    };
    assert_eq!(of_owner("Foundation"), Some("in /etc/new"));
    assert_eq!(of_owner("alexander"), None);
    assert_eq!(of_repository("foundation/door"), Some("in /etc/new"));
    assert_eq!(of_repository("Alexander/Notes"), Some("in /notes"));
    assert_eq!(of_repository("alexander/diary"), None);
}

#[test]
fn a_list_and_the_variable_speak_for_everything() {
    let webhook = read(&text(r#"["foundation"]"#, r#"["a", "b"]"#)).unwrap().config.webhook;
    let scopes: Vec<_> = webhook.unwrap().secrets.into_iter().map(|one| one.scope).collect();
    assert_eq!(scopes, [HookScope::Everything, HookScope::Everything]);

    let env = |name: &str| (name == "TIMMY_WEBHOOK_SECRET").then(|| "from-env".to_owned());
    let secret_file = |_: &Path| Ok(SecretFile { text: "in-file".to_owned(), exposed: false });
    let world = Outside { env: &env, secret_file: &secret_file };
    let text = text(r#"["foundation"]"#, r#"{ foundation = "a" }"#);
    let webhook = parse(&text, Path::new("timmy.toml"), world).unwrap().config.webhook.unwrap();
    let [one] = webhook.secrets.as_slice() else { panic!("{webhook:?}") };
    assert_eq!((one.scope.clone(), one.secret.expose()), (HookScope::Everything, "from-env"));
}

#[test]
fn one_secret_for_several_places_is_unwise() {
    insta::assert_snapshot!(warnings(r#"["foundation", "alexander/notes"]"#, r#"["secret"]"#), @r##"timmy.toml:13:16: webhook.secret_files is one secret for the webhooks of several owners or repositories. Whoever administers one of them can speak for all. Give each its own, such as secret_files = { foundation = "secrets/webhook-foundation" }, restart timmy serve, and run timmy hooks repair --rotate."##);
    insta::assert_snapshot!(warnings(r#"["*"]"#, r#"["secret"]"#), @r##"timmy.toml:13:16: webhook.secret_files is one secret for the webhooks of several owners or repositories. Whoever administers one of them can speak for all. Give each its own, such as secret_files = { foundation = "secrets/webhook-foundation" }, restart timmy serve, and run timmy hooks repair --rotate."##);
    for single in [r#"["foundation"]"#, r#"["foundation", "Foundation/door"]"#] {
        assert_eq!(warnings(single, r#"["secret"]"#), "", "{single}");
    }
    let env = |name: &str| (name == "TIMMY_WEBHOOK_SECRET").then(|| "from-env".to_owned());
    let secret_file = |_: &Path| Ok(SecretFile { text: "in-file".to_owned(), exposed: false });
    let world = Outside { env: &env, secret_file: &secret_file };
    let text = text(r#"["foundation", "guild"]"#, r#"["a"]"#);
    let loaded = parse(&text, Path::new("timmy.toml"), world).unwrap();
    insta::assert_snapshot!(loaded.warnings[0], @r##"timmy.toml: TIMMY_WEBHOOK_SECRET is one secret for the webhooks of several owners or repositories. Whoever administers one of them can speak for all. Give each its own, such as secret_files = { foundation = "secrets/webhook-foundation" }, restart timmy serve, and run timmy hooks repair --rotate."##);
}

#[test]
fn secrets_and_what_is_watched_are_compared() {
    let files = r#"{ foundatoin = "a", "foundation/door" = "b" }"#;
    insta::assert_snapshot!(warnings(r#"["foundation", "alexander/notes"]"#, files), @r##"
    timmy.toml:13:16: webhook.secret_files has no secret for alexander/notes, which is watched. Add one: until then its webhooks are refused, and timmy hears it by polling.
    timmy.toml:13:16: webhook.secret_files has a secret for foundatoin, which is not watched. Check the spelling, or delete it.
    "##);
    assert_eq!(warnings(r#"["*"]"#, files), "");
    let same = r#"{ foundation = ["a", "b"], guild = ["c", "b"] }"#;
    insta::assert_snapshot!(warnings(r#"["foundation", "guild"]"#, same), @"timmy.toml:13:16: webhook.secret_files has the same secret for foundation and guild. Give each its own: who knows it can speak for both.");
}

#[test]
fn what_is_no_map_of_files_is_explained() {
    let webhook = "[webhook]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://a.org/\"\n";
    let wrong =
        |secret_files: &str| problems_with(&format!("{webhook}secret_files = {secret_files}"));
    insta::assert_snapshot!(wrong("{}"), @r##"
    timmy.toml:14:16: webhook.secret_files is empty. Name a file that holds it and nothing else as secret_files, or set TIMMY_WEBHOOK_SECRET.
    1 problem: nothing was started.
    "##);
    insta::assert_snapshot!(wrong("\"secret\""), @r##"
    timmy.toml:14:16: webhook.secret_files is a text. Write files by owner or repository, such as { foundation = "secret" }.
    1 problem: nothing was started.
    "##);
    insta::assert_snapshot!(wrong("{ foundation = [] }"), @r##"
    timmy.toml:14:31: webhook.secret_files is empty. Name a file that holds it and nothing else as secret_files, or set TIMMY_WEBHOOK_SECRET.
    1 problem: nothing was started.
    "##);
    insta::assert_snapshot!(wrong("{ \"a/b/c\" = \"x\", foundation = 7 }"), @r##"
    timmy.toml:14:18: webhook.secret_files names something that is no organisation, user or repository. Write { foundation = "a file", "alexander/notes" = "another" }.
    timmy.toml:14:46: webhook.secret_files is a whole number. Write a text in quotes.
    2 problems: nothing was started.
    "##);
}
