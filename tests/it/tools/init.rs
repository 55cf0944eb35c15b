//! `timmy init`: a configuration that loads once the token is there.

use std::fs;

use timmy::config;

use super::stage::run;

const ALL: &str = "init --url https://forge.example --owner anna --watch guild --watch anna/notes";

#[test]
fn what_it_writes_loads_once_the_token_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let written = run(folder.path(), ALL);
    assert_eq!((written.code, written.err.as_str()), (0, ""));
    insta::assert_snapshot!(written.out, @r##"
    Wrote timmy.toml; a new webhook secret in secrets/webhook-guild; a new webhook secret in secrets/webhook-anna+notes.

    Next:

      Say in timmy.toml what Gitea shall call to reach timmy: webhook.public_url

      Make an account for timmy in Gitea and give it write access. Log in as it, make a token at
      https://forge.example/user/settings/applications
      with write:issue, write:repository, read:organization, read:user, and paste it here:

        ( umask 077; cat > secrets/token )

      Check it, start it, make the webhooks with a token of yours (write:organization):

        timmy doctor
        timmy serve &
        timmy hooks install --token-file YOUR-TOKEN

      Write /timmy ping in an issue. Whether all is well, and how to mend what is not:

        timmy doctor --token-file YOUR-TOKEN
    "##);

    let file = folder.path().join("timmy.toml");
    let lacks = config::load(&file, &|_| None).unwrap_err().to_string();
    assert!(lacks.contains("gitea.token_file names a file that does not exist"), "{lacks}");
    assert!(lacks.contains("1 problem:"), "{lacks}");

    let paste = "( umask 077; echo 0123456789 > secrets/token )";
    let pasted = std::process::Command::new("sh")
        .args(["-c", paste])
        .current_dir(folder.path())
        .status()
        .unwrap();
    assert!(pasted.success());
    let loaded = config::load(&file, &|_| None).unwrap();
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.config.people.owner, "anna");
    assert!(loaded.config.gitea.watch.covers(&"anna/notes".parse().unwrap()));
    assert!(loaded.config.agents.is_empty() && loaded.config.report.is_none());
}

#[test]
fn on_a_pipe_it_asks_nobody_and_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(folder.path(), "init --owner anna");
    assert_eq!((refused.code, refused.out.as_str()), (2, ""));
    insta::assert_snapshot!(refused.err, @"timmy: nobody is here to be asked, and these are missing: --url URL, the address of Gitea; --watch ORG, what to look after");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn it_never_overwrites_unless_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("timmy.toml");
    fs::write(&file, "mine").unwrap();
    let refused = run(folder.path(), ALL);
    assert_eq!(refused.code, 2);
    insta::assert_snapshot!(refused.err, @"timmy: timmy.toml is there already: --force writes over it");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");

    assert_eq!(run(folder.path(), ALL).code, 2);
    assert_eq!(run(folder.path(), &format!("{ALL} --force")).code, 0);
    let secret = fs::read_to_string(folder.path().join("secrets/webhook-guild")).unwrap();
    let again = run(folder.path(), &format!("{ALL} --force"));
    assert!(again.out.contains("was there and is kept"), "{}", again.out);
    assert_eq!(fs::read_to_string(folder.path().join("secrets/webhook-guild")).unwrap(), secret);
}

#[test]
fn answers_that_cannot_be_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let refused = run(folder.path(), "init --url git.example.org --owner an/na --watch guild");
    assert_eq!(refused.code, 2);
    insta::assert_snapshot!(refused.err, @r#"
    timmy: these answers will not do; nothing was written.
    gitea.url is no address that I can call (relative URL without a base). Write it like "https://git.example.org".
    people.owner is "an/na", which is no account. Write the name of its Gitea account: letters, digits, -, _ and dots.
    people.approvers is "an/na", which is no account. Write the name of its Gitea account: letters, digits, -, _ and dots.
    "#);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn another_place_stands_in_the_lines_to_copy() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("etc")).unwrap();
    let written = run(folder.path(), &format!("{ALL} etc/bot.toml"));
    assert_eq!(written.code, 0, "{}", written.err);
    assert!(written.out.contains("timmy --config etc/bot.toml doctor\n"), "{}", written.out);
    assert!(written.out.contains("cat > etc/secrets/token"), "{}", written.out);
    assert!(written.out.contains(" in etc/secrets/webhook-guild;"), "{}", written.out);
    assert!(folder.path().join("etc/secrets/webhook-guild").exists());
}
