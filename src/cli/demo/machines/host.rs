//! The machines that agents live on, and the one configuration that serves all of them.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// A machine on which one agent lives, driven by the worker there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Host {
    East,
    West,
}

impl Host {
    pub(super) const ALL: [Self; 2] = [Self::East, Self::West];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::East => "east",
            Self::West => "west",
        }
    }

    /// The agent that lives there, which is the name of its account as well.
    pub(super) fn agent(self) -> &'static str {
        match self {
            Self::East => "ezra",
            Self::West => "bezalel",
        }
    }
}

/// Where the parts find each other, all on this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    pub(super) webhook: u16,
    pub(super) temporal: u16,
    pub(super) workers: u16,
    /// Where agents tell that they begin.
    pub(super) starts: u16,
}

/// The file of the account's token, of the webhook's secret, and of the token of an agent's account: all
/// of them timmy's own.
pub(super) const TOKEN: &str = "token";
pub(super) const SECRET: &str = "webhook";

pub(super) fn agent_token(host: Host) -> String {
    format!("{}.gitea-token", host.agent())
}

/// What an agent does: it says that it begins, by the key of its attempt, works for a while, and leaves
/// a change.
const AGENT: &str = r#"
read -r task
key=$(sed 's/.*"key":"\([^"]*\)".*/\1/' <<< "$task")
exec 3<> "/dev/tcp/127.0.0.1/$1"
echo "$key" >&3
exec 3>&-
echo '{"doing":"oils the hinge"}'
sleep 2
mkdir -p oiled
echo "It squeaks no longer." > "oiled/${key//[^A-Za-z0-9]/-}.md"
echo '{"result":{"outcome":"pull_request","title":"Oil the hinge","summary":"It is silent now."}}'
"#;

/// What timmy and both workers read, each in a folder of its own.
/// `sandbox`: what agents are kept in by.
pub(super) fn configuration(forge: &str, ports: Ports, sandbox: &str) -> String {
    let Ports { webhook, temporal, workers, starts } = ports;
    let agents: String = Host::ALL.map(|host| agent(host, starts, sandbox)).concat();
    format!(
        r#"[gitea]
url = "{forge}"
token_file = "{TOKEN}"
watch = ["foundation"]
requests_per_second = 200
# The forge is on this machine: what it has not done in a second it does not do.
settle = "1s"
recheck = "2s"

[webhook]
listen = "127.0.0.1:{webhook}"
public_url = "http://127.0.0.1:{webhook}/webhook"
secret_files = ["{SECRET}"]

[web]
listen = "off"

[ledger]
path = "timmy.db"

[people]
owner = "alexander"
operators = ["writers", "walt"]
approvers = ["alexander"]

[engine]
kind = "temporal"
address = "127.0.0.1:{temporal}"

[worker]
listen = "127.0.0.1:{workers}"
url = "http://127.0.0.1:{workers}"
host = "home"

[dispatch]
tick = "1s"
reviews_waiting = 1000
per_repository = 100
timeout = {{ start = "5m", silence = "10m", total = "30m", stop = "1m" }}

[accept]
on_yes = "nothing"

{agents}"#
    )
}

fn agent(host: Host, starts: u16, sandbox: &str) -> String {
    let (name, place, token) = (host.agent(), host.name(), agent_token(host));
    format!(
        "[[agent]]\nname = \"{name}\"\nkind = \"command\"\naccount = \"{name}\"\n\
         token_file = \"{token}\"\nhost = \"{place}\"\nroles = [\"coder\"]\ncapacity = 2\n\
         price = {{ input = 0, output = 0 }}\nsandbox = \"{sandbox}\"\nenv = [\"PATH\", \"LANG\"]\n\
         command = [\"bash\", \"-c\", '''{AGENT}''', \"agent\", \"{starts}\"]\n\n"
    )
}

/// Makes a folder that others may pass through: what runs in a sandbox may be another user, who has to get
/// to its own folder in there.
///
/// # Errors
/// If it cannot be made.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, Permissions::from_mode(0o711))
}

/// Gives a machine the configuration, and these secrets, each for this account alone.
///
/// # Errors
/// If they cannot be written.
pub(super) fn furnish(
    folder: &Path,
    configuration: &str,
    secrets: &[(&str, &str)],
) -> io::Result<()> {
    make(folder)?;
    for (name, text) in secrets.iter().copied().chain([("timmy.toml", configuration)]) {
        let file = folder.join(name);
        fs::write(&file, text)?;
        fs::set_permissions(&file, Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind};

    use crate::cli::demo::machines::host::*;
    use crate::config::{self, AgentKind, HOST_VARIABLE, Outside, SecretFile};

    /// The kinds of `ezra` and `bezalel`, as the machine `name` with these secrets reads them.
    fn kinds_on(name: Option<&str>, secrets: &[&str]) -> [AgentKind; 2] {
        let ports = Ports { webhook: 1, temporal: 2, workers: 3, starts: 4 };
        let text = configuration("http://127.0.0.1:5", ports, "bwrap");
        let env =
            |variable: &str| (variable == HOST_VARIABLE).then(|| name.map(str::to_owned)).flatten();
        let secret_file = |path: &Path| match secrets.iter().any(|file| path.ends_with(file)) {
            true => Ok(SecretFile { text: "0123456789".to_owned(), exposed: false }),
            false => Err(Error::from(ErrorKind::NotFound)),
        };
        let world = Outside { env: &env, secret_file: &secret_file };
        let read = config::parse(&text, Path::new("timmy.toml"), world);
        let config = read.unwrap_or_else(|problems| panic!("{problems}")).config;
        let kinds = config.agents.into_iter().map(|agent| agent.kind).collect::<Vec<_>>();
        kinds.try_into().unwrap()
    }

    #[test]
    fn one_configuration_serves_timmy_and_both_workers() {
        let all = [TOKEN, SECRET, "ezra.gitea-token", "bezalel.gitea-token"];
        let [ezra, bezalel] = kinds_on(None, &all);
        assert!(matches!(ezra, AgentKind::Elsewhere { .. }));
        assert!(matches!(bezalel, AgentKind::Elsewhere { .. }));
        let [ezra, bezalel] = kinds_on(Some("east"), &all);
        assert!(matches!(ezra, AgentKind::Command(_)), "{ezra:?}");
        assert!(matches!(bezalel, AgentKind::Elsewhere { .. }));
    }
}
