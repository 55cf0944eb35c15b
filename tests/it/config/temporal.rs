//! Jobs on a Temporal server, and agents on other hosts.

use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use timmy::config::{
    AgentKind, CertificateFiles, Config, EngineConfig, KindName, Outside, SandboxKind, SecretFile,
    load_for_worker, load_in, parse,
};

use super::{LEAST, config, problems_with};

const FLEET: &str = r#"
[engine]
kind = "temporal"
[worker]
listen = "127.0.0.1:8789"
host = "vps-1"
[[agent]]
name = "ezra"
kind = "hermes"
account = "ezra"
url = "http://127.0.0.1:8642"
key_file = "ezra.key"
roles = ["coder"]
host = "mac"
[[agent]]
name = "groq"
kind = "openai"
account = "groq"
token_file = "groq.token"
url = "https://api.groq.com/openai/v1"
model = "m"
key_file = "groq.key"
roles = ["coder"]
host = "vps-1"
"#;

/// As it is read on a host that has these files, and these variables.
fn on_host(text: &str, files: &[&str], host: Option<&str>) -> Result<Config, String> {
    let env = |name: &str| (name == "TIMMY_WORKER_HOST").then(|| host.map(str::to_owned)).flatten();
    let secret_file = |path: &Path| match files.iter().any(|file| path.ends_with(file)) {
        true => Ok(SecretFile { text: "s3cret".to_owned(), exposed: false }),
        false => Err(Error::from(ErrorKind::NotFound)),
    };
    let world = Outside { env: &env, secret_file: &secret_file };
    let read = parse(&format!("{LEAST}{text}"), Path::new("timmy.toml"), world);
    read.map(|loaded| loaded.config).map_err(|problems| problems.to_string())
}

#[test]
fn an_agent_of_another_host_needs_no_secret_here() {
    let config = on_host(FLEET, &["token", "groq.token", "groq.key"], None).unwrap();
    let [ezra, groq] = &config.agents[..] else { panic!("{:?}", config.agents) };
    let elsewhere =
        AgentKind::Elsewhere { kind: KindName::Hermes, max_tokens: None, sandbox: None };
    assert_eq!(format!("{:?}", ezra.kind), format!("{elsewhere:?}"));
    assert!(ezra.token.is_none() && ezra.kind.word() == "hermes");
    assert!(matches!(groq.kind, AgentKind::OpenAi { .. }));
    assert!(groq.token.is_some());

    // There it is the other way round.
    let config = on_host(FLEET, &["token", "ezra.key"], Some("mac")).unwrap();
    assert!(matches!(config.agents[0].kind, AgentKind::Hermes { .. }));
    assert!(matches!(config.agents[1].kind, AgentKind::Elsewhere { .. }));

    // Whose host it is needs its secrets.
    let problems = on_host(FLEET, &["token"], None).unwrap_err();
    assert!(problems.contains("agent.key_file names a file that does not exist"), "{problems}");
}

#[test]
fn a_secret_that_may_not_be_read_is_another_hosts() {
    let text = FLEET.replace("key_file = \"ezra.key\"", "token_file = \"ezra.token\"");
    let read = |text: &str, ezra: ErrorKind| {
        let secret_file = |path: &Path| match path.ends_with("ezra.token") {
            true => Err(Error::from(ezra)),
            false => Ok(SecretFile { text: "s3cret".to_owned(), exposed: false }),
        };
        let world = Outside { env: &|_| None, secret_file: &secret_file };
        let read = parse(&format!("{LEAST}{text}"), Path::new("timmy.toml"), world);
        read.map(|loaded| loaded.config).map_err(|problems| problems.to_string())
    };
    // A unit of systemd without credentials does not see that there are none.
    for kind in [ErrorKind::NotFound, ErrorKind::PermissionDenied] {
        assert!(read(&text, kind).unwrap().agents[0].token.is_none(), "{kind}");
    }
    let problems = read(&text, ErrorKind::IsADirectory).unwrap_err();
    assert!(problems.contains("agent.token_file names a file that cannot be read"), "{problems}");
    // Of timmy's own host it is a fault.
    let here = text.replace("host = \"mac\"", "host = \"vps-1\"\nkey_file = \"ezra.key\"");
    let problems = read(&here, ErrorKind::PermissionDenied).unwrap_err();
    assert!(
        problems.contains("agent.token_file names a file that timmy may not read"),
        "{problems}"
    );
}

#[test]
fn a_worker_goes_without_what_only_timmy_needs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("timmy.toml");
    let webhook =
        "[webhook]\nlisten = \"127.0.0.1:8787\"\npublic_url = \"https://t.example.org/w\"\n";
    let named = format!("{LEAST}{FLEET}{webhook}");
    let text = named.replace("token_file = \"token\"\n", "");
    std::fs::write(&path, &text).unwrap();
    let env = |name: &str| (name == "TIMMY_WORKER_HOST").then(|| "mac".to_owned());
    let secret_file = |path: &Path| match path.ends_with("groq.token") {
        true => Err(Error::from(ErrorKind::NotFound)),
        false => Ok(SecretFile { text: "s3cret".to_owned(), exposed: false }),
    };
    let world = Outside { env: &env, secret_file: &secret_file };
    // timmy itself names what it lacks.
    let problems = load_in(&path, world).unwrap_err().to_string();
    for lacks in ["TIMMY_GITEA_TOKEN", "TIMMY_WEBHOOK_SECRET"] {
        assert!(problems.contains(lacks), "{problems}");
    }
    let token =
        |world: Outside<'_>| load_for_worker(&path, world, "nowhere").unwrap().config.gitea.token;
    assert_eq!(token(world).expose(), "nowhere");
    let with_variable = |name: &str| match name {
        "TIMMY_GITEA_TOKEN" => Some("from-env".to_owned()),
        other => env(other),
    };
    assert_eq!(token(Outside { env: &with_variable, ..world }).expose(), "from-env");
    std::fs::write(&path, &named).unwrap();
    assert_eq!(token(world).expose(), "s3cret");
    // What its own agents need is missed all the same.
    std::fs::write(&path, text.replace("key_file = \"ezra.key\"\n", "")).unwrap();
    let problems = load_for_worker(&path, world, "nowhere").unwrap_err().to_string();
    assert!(problems.contains("TIMMY_AGENT_EZRA_KEY"), "{problems}");
}

#[test]
fn what_hands_in_for_an_agent_in_a_clone_is_where_timmy_is() {
    let kind = "kind = \"command\"\ntoken_file = \"ezra.token\"";
    let text = FLEET.replace("kind = \"hermes\"", kind);
    let others = ["token", "groq.token", "groq.key"];
    let problems = on_host(&text, &others, None).unwrap_err();
    assert!(problems.contains("agent.token_file names a file that does not exist"), "{problems}");
    let config = on_host(&text, &[&others[..], &["ezra.token"]].concat(), None).unwrap();
    let elsewhere = AgentKind::Elsewhere {
        kind: KindName::Command,
        max_tokens: None,
        sandbox: Some(SandboxKind::Bwrap),
    };
    assert_eq!(format!("{:?}", config.agents[0].kind), format!("{elsewhere:?}"));
    assert!(config.agents[0].token.is_some());
}

#[test]
fn an_agent_without_a_sandbox_is_known_wherever_it_runs() {
    let files = ["token", "ezra.token", "groq.token", "groq.key"];
    let of_ezra = |lines: &str| {
        let text =
            FLEET.replace("kind = \"hermes\"", &format!("token_file = \"ezra.token\"\n{lines}"));
        on_host(&text, &files, None)
    };
    for kind in ["acp", "command", "crewai"] {
        for (line, is_unconfined) in
            [("", false), ("sandbox = \"bwrap\"", false), ("sandbox = \"none\"", true)]
        {
            let config = of_ezra(&format!("kind = \"{kind}\"\n{line}")).unwrap();
            let ezra = &config.agents[0];
            assert!(matches!(ezra.kind, AgentKind::Elsewhere { .. }), "{kind}");
            assert_eq!(ezra.is_unconfined(), is_unconfined, "{kind} {line}");
            // Nothing of it takes a sandbox here.
            assert_eq!(config.confined_agents().count(), 0);
        }
    }
    let problems = of_ezra("kind = \"command\"\nsandbox = \"nothing\"").unwrap_err();
    assert!(problems.contains("agent.sandbox"), "{problems}");
    let config = of_ezra("kind = \"hermes\"\nsandbox = \"none\"").unwrap();
    assert!(!config.agents[0].is_unconfined(), "a gateway has its own");
}

#[test]
fn agents_of_a_worker_work_where_that_says_whatever_is_written_of_the_ledger() {
    let text = format!("{FLEET}[ledger]\npath = \"/var/lib/timmy/timmy.db\"\n");
    let mut config = on_host(&text, &["token", "ezra.key"], Some("mac")).unwrap();
    assert_eq!(config.agents_folder(), Path::new("/var/lib/timmy/agent-runs"));
    config.worker.folder = Some(PathBuf::from("/usr/local/var/timmy"));
    assert_eq!(config.agents_folder(), Path::new("/usr/local/var/timmy/agent-runs"));
    // Nothing that an agent wrote may see what others work on there.
    assert!(config.secret_files().contains(&config.agents_folder()));
}

#[test]
fn guards_run_on_the_host_that_is_named_for_them() {
    let text = format!("{FLEET}[guards]\nhost = \"vps-2\"\n");
    let here = ["token", "ezra.key", "groq.token", "groq.key"];
    let away = |text: &str, host| {
        let guards = on_host(text, &here, host).unwrap().guards;
        (guards.host, guards.away)
    };
    let named = || Some("vps-2".to_owned());
    assert_eq!(away(&text, None), (named(), named()));
    // There, and where that is timmy's own host, they are not away.
    assert_eq!(away(&text, Some("vps-2")), (named(), None));
    let own = text.replace("vps-2", "vps-1");
    assert_eq!(away(&own, None), (Some("vps-1".to_owned()), None));
    assert_eq!(away(FLEET, None), (None, None));
    let mut config = on_host(&text, &here, Some("vps-2")).unwrap();
    config.worker.folder = Some(PathBuf::from("/usr/local/var/timmy"));
    assert_eq!(config.worker_runs_folder(), Path::new("/usr/local/var/timmy/worker-runs"));
}

#[test]
fn guards_run_on_no_host_from_which_nobody_can_come() {
    let guards = "[guards]\nhost = \"vps-2\"\n";
    let problems = problems_with(guards);
    assert!(problems.contains("guards.host is \"vps-2\", and no worker can come"), "{problems}");
    assert!(problems.contains("engine.kind is not \"temporal\""), "{problems}");
    let problems = problems_with(&format!("[engine]\nkind = \"temporal\"\n{guards}"));
    assert!(problems.contains("worker.listen is missing"), "{problems}");
    let problems = problems_with("[guards]\nhost = 7\n");
    assert!(problems.contains("guards.host"), "{problems}");
}

#[test]
fn without_workers_every_agent_is_driven_from_here() {
    let all = ["token", "ezra.key", "groq.token", "groq.key"];
    for text in [
        FLEET.replace("kind = \"temporal\"", "kind = \"embedded\""),
        FLEET.replace("listen = \"127.0.0.1:8789\"\n", ""),
    ] {
        let config = on_host(&text, &all, None).unwrap();
        assert!(matches!(config.agents[0].kind, AgentKind::Hermes { .. }), "{text}");
    }
}

#[test]
fn tls_is_on_where_something_of_it_is_configured() {
    let server = |more: &str| {
        let text = format!("{LEAST}[engine]\nkind = \"temporal\"\n{more}");
        let EngineConfig::Temporal(server) = config(&text).engine else { panic!("{text}") };
        server
    };
    assert!(server("").tls.is_none());
    assert!(server("tls = true").tls.is_some());
    assert!(server("api_key_file = \"key\"").tls.is_some());
    let tls =
        server("cert_file = \"a.pem\"\nkey_file = \"a.key\"\nca_file = \"ca.pem\"").tls.unwrap();
    let client =
        CertificateFiles { certificate: PathBuf::from("a.pem"), key: PathBuf::from("a.key") };
    assert_eq!((tls.client, tls.ca), (Some(client), Some(PathBuf::from("ca.pem"))));
}

#[test]
fn a_server_is_called_without_tls_on_private_networks_only() {
    let server = |address: &str, more: &str| {
        format!("[engine]\nkind = \"temporal\"\naddress = \"{address}\"\n{more}")
    };
    for (near, trusts_a_name) in [
        ("127.0.0.1:7233", false),
        ("100.64.0.1:7233", false),
        ("[::1]:7233", false),
        ("[fd00::1]:7233", false),
        ("localhost:7233", false),
        // Only doctor can say where a name leads.
        ("temporal.internal:7233", true),
    ] {
        let config = config(&format!("{LEAST}{}", server(near, "")));
        let server = config.engine.temporal().unwrap();
        assert_eq!((server.address.as_str(), server.trusts_a_name()), (near, trusts_a_name));
    }
    for open in ["203.0.113.7:7233", "0.0.0.0:7233", "[2001:db8::1]:7233"] {
        let problems = problems_with(&server(open, ""));
        let said = format!("engine.address is {open} without TLS");
        assert!(problems.contains(&said) && problems.contains("tls = true"), "{problems}");
        let config = config(&format!("{LEAST}{}", server(open, "tls = true")));
        assert!(!config.engine.temporal().unwrap().trusts_a_name());
    }
}

#[test]
fn half_of_a_certificate_is_none() {
    for (has, lacks) in [("cert_file", "key_file"), ("key_file", "cert_file")] {
        let text = format!("[engine]\nkind = \"temporal\"\n{has} = \"a\"\n");
        let problems = problems_with(&text);
        assert!(problems.contains(&format!("engine.{lacks} is missing.")), "{problems}");
    }
    let problems = problems_with("[engine]\ntls = false\napi_key_file = \"key\"\n");
    assert!(problems.contains("engine.tls is false"), "{problems}");
}

#[test]
fn workers_are_listened_to_without_tls_on_private_networks_only() {
    let listening = |listen: &str, more: &str| {
        format!("[engine]\nkind = \"temporal\"\n[worker]\nlisten = \"{listen}\"\n{more}")
    };
    for private in ["127.0.0.1:8789", "100.64.0.1:8789", "[fd00::1]:8789"] {
        let config = config(&format!("{LEAST}{}", listening(private, "")));
        assert!(config.worker.tls.is_none() && config.worker.listen.is_some(), "{private}");
    }
    for open in ["0.0.0.0:8789", "203.0.113.7:8789", "[::]:8789"] {
        let problems = problems_with(&listening(open, ""));
        let said = format!("worker.listen is {open} without TLS");
        assert!(problems.contains(&said) && problems.contains("worker.cert_file"), "{problems}");
        let tls = "cert_file = \"timmy.pem\"\nkey_file = \"timmy.key\"";
        let config = config(&format!("{LEAST}{}", listening(open, tls)));
        let files = CertificateFiles {
            certificate: PathBuf::from("timmy.pem"),
            key: PathBuf::from("timmy.key"),
        };
        assert_eq!(config.worker.tls, Some(files));
        // Nothing that an agent wrote may see it.
        assert!(config.secret_files().iter().any(|file| file.ends_with("timmy.key")));
    }
    let problems = problems_with(&listening("127.0.0.1:8789", "cert_file = \"timmy.pem\""));
    assert!(problems.contains("worker.key_file is missing."), "{problems}");
}

#[test]
fn a_worker_goes_without_tls_to_private_addresses_only() {
    let going = |url: &str, more: &str| format!("[worker]\nurl = \"{url}\"\n{more}");
    for good in ["http://127.0.0.1:8789", "http://localhost:8789", "http://192.168.1.2:8789"] {
        let config = config(&format!("{LEAST}{}", going(good, "")));
        assert!(config.worker.url.is_some(), "{good}");
    }
    for bad in ["http://timmy.example.org:8789", "http://203.0.113.7:8789", "http://[2001:db8::1]"]
    {
        let problems = problems_with(&going(bad, ""));
        assert!(problems.contains("worker.url is without TLS, and its host"), "{problems}");
        assert!(problems.contains("https://"), "{problems}");
    }
    let ca = "ca_file = \"ca.pem\"";
    let problems = problems_with(&going("http://127.0.0.1:8789", ca));
    assert!(problems.contains("worker.ca_file says who signs"), "{problems}");
    let config = config(&format!("{LEAST}{}", going("https://timmy.example.org:8789", ca)));
    assert_eq!(config.worker.ca, Some(PathBuf::from("ca.pem")));
}

#[test]
fn it_is_known_how_much_workers_of_other_hosts_take_at_once() {
    let files = ["token", "groq.token", "groq.key"];
    let with = |capacity: u32, per_host: u32, engine: &str| {
        let capacity = format!("host = \"mac\"\ncapacity = {capacity}");
        let text = FLEET.replace("host = \"mac\"", &capacity).replace("\"temporal\"", engine);
        let text = format!("{text}\n[dispatch]\nper_host = {per_host}\n");
        on_host(&text, &[&files[..], &["ezra.key"]].concat(), None).unwrap()
    };
    for (capacity, per_host, attempts, lines) in
        [(1, 4, 1, 5), (500, 4, 4, 14), (500, 1000, 500, 1502)]
    {
        let config = with(capacity, per_host, "\"temporal\"");
        assert_eq!(config.attempts_at_once(&config.agents[0]), attempts);
        assert_eq!(config.worker_lines(), lines);
    }
    // Where timmy drives all of them itself nobody comes.
    assert_eq!(with(500, 1000, "\"embedded\"").worker_lines(), 0);
}
