//! The README does what it says: each command block is run, each configuration block is loaded.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use timmy::chance::Chance;
use timmy::clock::{Clock, SystemClock};
use timmy::config::{self, AgentKind, Outside, SecretFile};
use timmy::core::model::ids::Subject;
use timmy::core::model::time::Timestamp;
use timmy::gitea::{ClientOptions, Gitea, Token};
use timmy::sandbox::{Options, Sandbox, Scopes};

use crate::support::config::Config;
use crate::support::forge::{DOOR, found};
use crate::support::process::{BINARY, Process, free_port, until};

const README: &str = include_str!("../../README.md");

/// The fenced blocks whose info string is `info`, in order.
fn blocks(info: &str) -> Vec<String> {
    let opening = format!("```{info}");
    let mut found = Vec::new();
    let mut lines = README.lines();
    while let Some(line) = lines.next() {
        if line == opening {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push(block.join("\n"));
        }
    }
    found
}

/// A shell in `folder` that finds the timmy that was built.
fn shell(folder: &Path, script: &str) -> Command {
    let path = std::env::var("PATH").unwrap();
    let mut shell = Command::new("bash");
    shell
        .args(["-euc", script])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", Path::new(BINARY).parent().unwrap().display()));
    shell
}

#[test]
fn the_demo_ends_well() {
    let [demo, tests, parse] = <[String; 3]>::try_from(blocks("sh")).unwrap();
    let arguments = demo.strip_prefix("cargo run --release -- ").unwrap();
    let output = Command::new(BINARY).args(arguments.split(' ')).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let exchanges = text.lines().filter(|line| line.starts_with("-- ")).count();
    assert!(exchanges >= 10, "{exchanges} exchanges:\n{text}");
    assert!(!text.contains('\x1b'), "colour, and no terminal");

    let ci = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/run")).unwrap();
    assert_eq!(ci.lines().last(), Some(format!("step {tests}").as_str()), "CI runs other tests");

    let shown = shell(Path::new("."), &parse).output().unwrap();
    assert_eq!(String::from_utf8(shown.stdout).unwrap().trim_end(), blocks("text")[0]);
}

/// Word by word against the sandbox as the forge: what is set up answers.
#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_leads_to_an_answer() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let token = found(&sandbox, "foundation", &[DOOR]);
    let owner_token = sandbox.add_token("alexander", Scopes::all()).unwrap();

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("owner-token"), &owner_token).unwrap();
    let port = free_port();
    let address = format!("http://127.0.0.1:{port}");
    let [init, start, hook, doctor] = <[String; 4]>::try_from(blocks("sh setup")).unwrap();
    let run = |script: &str| {
        let mut shell = shell(folder.path(), script);
        shell
            .env("TOKEN", &token)
            .env("GITEA", sandbox.url())
            .env("WEBHOOK", format!("{address}/webhook"));
        shell
    };
    let done = |script: &str| {
        let output = run(script).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{script}\n{said}{complaint}");
        said
    };
    done(&init);
    // A port that is free on this machine.
    let written = folder.path().join("timmy.toml");
    let text = fs::read_to_string(&written).unwrap();
    let text = text.replace("127.0.0.1:8787", &format!("127.0.0.1:{port}"));
    let own = r#"# listen = "127.0.0.1:8788""#;
    assert!(text.contains(own), "{text}");
    fs::write(&written, text.replace(own, r#"listen = "off""#)).unwrap();
    // In the foreground, so that it ends with the test.
    let start = format!("exec {}", start.trim_end_matches(" &"));
    let mut timmy = Process(run(&start).stderr(Stdio::null()).spawn().unwrap());
    timmy.ready(port).await;
    done(&hook);

    let issue = sandbox.open_issue("alexander", DOOR, "It squeaks", "").unwrap();
    let comment = sandbox.comment("alexander", DOOR, issue, "/timmy ping").unwrap();
    until("timmy answers", async || sandbox.comments(DOOR, issue).unwrap().len() == 2).await;
    let reactions = sandbox.reactions(Subject::Comment(comment));
    assert_eq!(reactions, [("timmy".to_owned(), "eyes".to_owned())]);
    let found = done(&doctor);
    assert!(found.ends_with("\nAll is good.\n"), "{found}");
}

/// Beside a running timmy, word for word, what the commands about the backlog print.
#[tokio::test(flavor = "multi_thread")]
async fn the_backlog_is_as_it_is_shown() {
    let behind = Arc::new(AtomicU64::new(5));
    let clock = behind.clone();
    let time = move || {
        let now = Timestamp::default().after(UNIX_EPOCH.elapsed().unwrap());
        now.before(Duration::from_secs(clock.load(Ordering::Relaxed)))
    };
    let options = Options { clock: Arc::new(time), ..Options::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let token = fill(&sandbox);
    sandbox.add_user("ezra");
    sandbox.add_user("bezalel");
    // What was written before timmy watches, it does not read.
    behind.store(0, Ordering::Relaxed);

    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("token"), token).unwrap();
    let config = Config::of(sandbox.url())
        .with("gitea.token_file", "token")
        .agent("ezra", ["coder"])
        .agent("bezalel", ["coder"])
        .its("capacity", 2);
    config.write(&folder.path().join("timmy.toml"));
    // Read before the first decision, so that this is the only one.
    assert!(shell(folder.path(), "timmy backlog").output().unwrap().status.success());
    let serve = shell(folder.path(), "exec timmy serve").stderr(Stdio::null()).spawn().unwrap();
    let _timmy = Process(serve);
    until("timmy has decided", async || {
        shell(folder.path(), "timmy simulate").output().unwrap().status.success()
    })
    .await;
    let [backlog, simulate] = <[String; 2]>::try_from(blocks("sh backlog")).unwrap();
    for (command, shown) in [backlog, simulate].iter().zip(blocks("text backlog")) {
        let output = shell(folder.path(), command).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said.trim_end(), shown, "{command}:\n{said}");
    }
}

/// Two repositories with a handful of issues; timmy's token.
fn fill(sandbox: &Sandbox) -> String {
    const SCOPE: &str = "What happens, what should happen instead, and how to see it: all of that \
                         is told here in a few sentences.";
    let done = format!("{SCOPE}\n\n## Done when\n\n- [ ] `cargo test` shows it");
    let (door, infra) = (DOOR, "foundation/infra");
    let token = found(sandbox, "foundation", &[door, infra]);
    let open = |repo: &str, title: &str, body: &str, labels: &[&str]| {
        let number = sandbox.open_issue("alexander", repo, title, body).unwrap();
        for label in labels {
            sandbox.add_label(repo, label, true).unwrap();
        }
        sandbox.label("alexander", repo, number, labels).unwrap();
    };
    open(door, "Session test flaky", SCOPE, &["priority/p1"]);
    open(door, "Logout leaves cookie", &done, &["size/s"]);
    open(door, "Warn before the session ends", SCOPE, &[]);
    open(door, "Dark mode", "Please!", &[]);
    open(infra, "Disk alarm", &done, &["priority/p0", "size/xs"]);
    open(infra, "Rotate the logs", &done, &["priority/p2"]);
    for waits in [3, 4] {
        sandbox.let_wait("alexander", door, waits, (door, 2)).unwrap();
    }
    token
}

#[test]
fn the_least_configuration_is_one() {
    let [least] = <[String; 1]>::try_from(blocks("toml")).unwrap();
    let env = |name: &str| match name {
        "TIMMY_GITEA_TOKEN" | "TIMMY_WEBHOOK_SECRET" => Some("0123456789".to_owned()),
        _ => None,
    };
    let world = Outside { env: &env, secret_file: &|path| SecretFile::open(path) };
    let loaded = config::parse(&least, Path::new("timmy.toml"), world).unwrap();
    assert_eq!(loaded.config.people.owner, "alexander");
}

#[test]
fn the_agents_are_ones_that_this_version_drives() {
    let [least] = <[String; 1]>::try_from(blocks("toml")).unwrap();
    let [agents] = <[String; 1]>::try_from(blocks("toml agents")).unwrap();
    let env = |name: &str| {
        let is_secret = ["_TOKEN", "_KEY", "_SECRET"].iter().any(|end| name.ends_with(end));
        is_secret.then(|| "0123456789".to_owned())
    };
    let world = Outside { env: &env, secret_file: &|path| SecretFile::open(path) };
    let [guards] = <[String; 1]>::try_from(blocks("toml guards")).unwrap();
    let [local] = <[String; 1]>::try_from(blocks("toml local")).unwrap();
    let text = format!("{least}\n{agents}\n{guards}\n{local}");
    let config = config::parse(&text, Path::new("timmy.toml"), world).unwrap().config;
    assert_eq!(config.guards.scripts.len(), 1);
    let forge = ClientOptions::new(config.gitea.url.clone(), Token::new("0123456789").unwrap());
    let (forge, clock) = (Gitea::new(forge).unwrap(), Arc::new(SystemClock) as Arc<dyn Clock>);
    let fleet = timmy::agents::fleet(&config, &forge, &clock, &Chance::default()).unwrap();
    assert_eq!(fleet.keys().collect::<Vec<_>>(), ["claude", "ezra", "groq", "janitor"]);
}

#[test]
fn work_starts_by_itself_where_it_says() {
    let [least] = <[String; 1]>::try_from(blocks("toml")).unwrap();
    let [auto] = <[String; 1]>::try_from(blocks("toml auto")).unwrap();
    let env = |name: &str| name.starts_with("TIMMY_").then(|| "0123456789".to_owned());
    let world = Outside { env: &env, secret_file: &|path| SecretFile::open(path) };
    let text = format!("{least}\n{auto}");
    let config = config::parse(&text, Path::new("timmy.toml"), world).unwrap().config;
    assert!(!config.dispatch.auto.is_empty());
}

#[test]
fn a_routine_is_one_as_it_is_shown() {
    let [least] = <[String; 1]>::try_from(blocks("toml")).unwrap();
    let [agents] = <[String; 1]>::try_from(blocks("toml agents")).unwrap();
    let [routine] = <[String; 1]>::try_from(blocks("toml routine")).unwrap();
    let env = |name: &str| name.starts_with("TIMMY_").then(|| "0123456789".to_owned());
    let world = Outside { env: &env, secret_file: &|path| SecretFile::open(path) };
    let report = "[report]\nrepository = \"foundation/config\"";
    let text = format!("{least}\n{agents}\n{report}\n{routine}");
    let config = config::parse(&text, Path::new("timmy.toml"), world).unwrap().config;
    let [routine] = &config.routines[..] else { panic!("one routine") };
    assert_eq!((routine.when.to_string().as_str(), routine.role.as_str()), ("Mon 06:00", "coder"));
}

#[test]
fn authors_are_asked_and_quotas_kept_as_it_says() {
    let [least] = <[String; 1]>::try_from(blocks("toml")).unwrap();
    let [scope] = <[String; 1]>::try_from(blocks("toml scope")).unwrap();
    let [pools] = <[String; 1]>::try_from(blocks("toml pools")).unwrap();
    let env = |name: &str| name.starts_with("TIMMY_").then(|| "0123456789".to_owned());
    let world = Outside { env: &env, secret_file: &|path| SecretFile::open(path) };
    let text = format!("{least}\n{scope}\n{pools}");
    let config = config::parse(&text, Path::new("timmy.toml"), world).unwrap().config;
    assert!(config.dispatch.ask_scope);
    assert_eq!(config.limits().pools[0].windows.len(), 2);
}

#[test]
fn one_file_serves_all_hosts() {
    let [least] = <[String; 1]>::try_from(blocks("toml")).unwrap();
    let [workers] = <[String; 1]>::try_from(blocks("toml workers")).unwrap();
    let [command] = <[String; 1]>::try_from(blocks("sh worker")).unwrap();
    let host = command.strip_prefix("timmy worker --host ").unwrap().trim();
    let kind_on = |host: Option<&str>| {
        let env = |name: &str| match name {
            "TIMMY_WORKER_HOST" => host.map(str::to_owned),
            "TIMMY_TEMPORAL_API_KEY" => None,
            _ => name.starts_with("TIMMY_").then(|| "0123456789".to_owned()),
        };
        let world = Outside { env: &env, secret_file: &|path| SecretFile::open(path) };
        let text = format!("{least}\n{workers}");
        let config = config::parse(&text, Path::new("timmy.toml"), world).unwrap().config;
        assert!(config.worker.listen.is_some() && config.worker.url.is_some());
        config.agents[0].kind.clone()
    };
    assert!(matches!(kind_on(None), AgentKind::Elsewhere { .. }));
    assert!(matches!(kind_on(Some(host)), AgentKind::Acp(_)));
}

/// A server that is not where the configuration says, or has not the namespace, lets every job stand still.
#[test]
fn the_server_is_where_the_configuration_says_and_has_its_namespace() {
    let [least] = <[String; 1]>::try_from(blocks("toml")).unwrap();
    let [workers] = <[String; 1]>::try_from(blocks("toml workers")).unwrap();
    let env = |name: &str| match name {
        "TIMMY_WORKER_HOST" | "TIMMY_TEMPORAL_API_KEY" => None,
        _ => name.starts_with("TIMMY_").then(|| "0123456789".to_owned()),
    };
    let world = Outside { env: &env, secret_file: &|path| SecretFile::open(path) };
    let text = format!("{least}\n{workers}");
    let config = config::parse(&text, Path::new("timmy.toml"), world).unwrap().config;
    let server = config.engine.temporal().unwrap();
    let commands = README.split('`').filter(|text| {
        text.contains("temporal server start-dev") || text.starts_with("temporal operator")
    });
    let commands: Vec<&str> = commands.collect();
    assert_eq!(commands.len(), 3, "{commands:?}");
    let named = format!("--namespace {} ", server.namespace);
    let (host, port) = server.address.rsplit_once(':').unwrap();
    assert_eq!(port, "7233", "the commands name no port");
    for command in commands {
        assert!(command.contains(&named), "{command}");
        let place = match command.contains("start-dev") {
            true => format!("--ip {host} "),
            false => format!("--address {} ", server.address),
        };
        assert!(command.contains(&place), "{command}");
    }
}

#[test]
fn people_are_told_elsewhere_as_it_says() {
    let [least] = <[String; 1]>::try_from(blocks("toml")).unwrap();
    let [notify] = <[String; 1]>::try_from(blocks("toml notify")).unwrap();
    let env = |name: &str| name.starts_with("TIMMY_").then(|| "0123456789".to_owned());
    let world = Outside { env: &env, secret_file: &|path| SecretFile::open(path) };
    let text = format!("{least}\n{notify}");
    let config = config::parse(&text, Path::new("timmy.toml"), world).unwrap().config;
    let notify = config.notify.unwrap();
    assert_eq!(notify.host(), "ntfy.example.org");
    assert_eq!(notify.token.unwrap().expose(), "0123456789");
}

#[test]
fn traces_are_sent_as_it_says() {
    let [least] = <[String; 1]>::try_from(blocks("toml")).unwrap();
    let [otlp] = <[String; 1]>::try_from(blocks("toml otlp")).unwrap();
    let env = |name: &str| name.starts_with("TIMMY_").then(|| "api-key=0123456789".to_owned());
    let world = Outside { env: &env, secret_file: &|path| SecretFile::open(path) };
    let text = format!("{least}\n{otlp}");
    let config = config::parse(&text, Path::new("timmy.toml"), world).unwrap().config;
    let otlp = config.otlp.unwrap();
    assert_eq!(otlp.url.as_str(), "http://127.0.0.1:4318/v1/traces");
    assert_eq!(otlp.headers.unwrap().expose(), "api-key=0123456789");
}

#[test]
fn links_lead_somewhere() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let links = README.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let broken: Vec<_> = links.filter(|link| !root.join(link).exists()).collect();
    assert!(broken.is_empty(), "{broken:?}");
}
