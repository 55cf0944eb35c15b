//! `timmy.toml`, key by key.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use timmy::config::{self, Outside, SecretFile};

/// What webhooks are signed with: two, as while one takes the place of the other. Each is the name
/// of the file that holds it, too.
pub const SECRETS: [&str; 2] = ["s3cret", "n3w-s3cret"];

/// A configuration. Keys are named as in messages, `people.owner`; values are those of JSON, of
/// which TOML has nearly all.
#[derive(Debug, Clone)]
pub struct Config {
    tables: Vec<Table>,
    /// What cannot be said by key and value.
    more: String,
}

#[derive(Debug, Clone)]
struct Table {
    heading: String,
    entries: Vec<(String, Value)>,
}

/// What needs nothing but its account.
const WATCHING: &str = "forge";

const AGENT: &str = "[[agent]]";

impl Config {
    /// Of the forge at `url` the organisation `foundation` is watched; alexander owns the fleet,
    /// anna approves, whoever may write operates. A result that is verified is done: nobody is asked.
    /// No agents, no webhook, no metrics.
    pub fn of(url: &str) -> Self {
        Self { tables: Vec::new(), more: String::new() }
            .with("gitea.url", url)
            .with("gitea.watch", ["foundation"])
            // timmy's own pace, which spares real forges, delays nothing.
            .with("gitea.requests_per_second", 1000)
            .with("people.owner", "alexander")
            .with("people.operators", ["writers"])
            .with("people.approvers", ["anna"])
            .with("accept.on_yes", "nothing")
            // One address is the default of all.
            .with("web.listen", "off")
    }

    /// With a listener at `address`, which knows both [`SECRETS`].
    pub fn listening(self, address: &str) -> Self {
        self.with("webhook.listen", address)
            .with("webhook.public_url", "https://timmy.example.org/webhook")
            .with("webhook.secret_files", SECRETS)
    }

    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.set(key, value);
        self
    }

    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        let (table, key) = key.rsplit_once('.').unwrap();
        let heading = format!("[{table}]");
        let known = self.tables.iter().position(|table| table.heading == heading);
        let at = known.unwrap_or_else(|| self.begin(heading));
        self.tables[at].set(key, value.into());
    }

    pub fn without(mut self, key: &str) -> Self {
        let (table, key) = key.rsplit_once('.').unwrap();
        let heading = format!("[{table}]");
        for table in self.tables.iter_mut().filter(|table| table.heading == heading) {
            table.entries.retain(|(known, _)| known != key);
        }
        self
    }

    /// As if nobody had written this table.
    pub fn without_table(mut self, name: &str) -> Self {
        let heading = format!("[{name}]");
        self.tables.retain(|table| table.heading != heading);
        self
    }

    /// And an agent who works by an account of this name, and watches the forge by itself.
    pub fn agent<const N: usize>(mut self, name: &str, roles: [&str; N]) -> Self {
        self.begin(AGENT.to_owned());
        let named = self.its("name", name).its("kind", WATCHING);
        named.its("account", name).its("roles", roles)
    }

    /// And this about the agent who was named last.
    pub fn its(mut self, key: &str, value: impl Into<Value>) -> Self {
        let agent = self.tables.iter_mut().rfind(|table| table.heading == AGENT);
        agent.unwrap().set(key, value.into());
        self
    }

    pub fn without_agents(mut self) -> Self {
        self.tables.retain(|table| table.heading != AGENT);
        self
    }

    /// And these lines at its end.
    pub fn and(mut self, lines: &str) -> Self {
        self.more.push_str(lines);
        self
    }

    fn begin(&mut self, heading: String) -> usize {
        self.tables.push(Table { heading, entries: Vec::new() });
        self.tables.len() - 1
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        for Table { heading, entries } in &self.tables {
            writeln!(text, "{heading}").unwrap();
            for (key, value) in entries {
                writeln!(text, "{key} = {}", toml(value)).unwrap();
            }
        }
        text + &self.more
    }

    pub fn write(&self, path: &Path) {
        std::fs::write(path, self.text()).unwrap();
    }

    /// As it is understood where it lies in `folder`, with a token from the environment.
    pub fn load(&self, folder: &Path, token: &str) -> config::Config {
        let env = |name: &str| (name == "TIMMY_GITEA_TOKEN").then(|| token.to_owned());
        let world = Outside { env: &env, secret_file: &|path| SecretFile::open(path) };
        let loaded = config::parse(&self.text(), &folder.join("timmy.toml"), world);
        loaded.unwrap_or_else(|problems| panic!("{problems}")).config
    }
}

impl Table {
    fn set(&mut self, key: &str, value: Value) {
        match self.entries.iter_mut().find(|(known, _)| known == key) {
            Some((_, held)) => *held = value,
            None => self.entries.push((key.to_owned(), value)),
        }
    }
}

/// Tables are the one kind of value that TOML writes in another way.
fn toml(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let entries =
                entries.iter().map(|(key, value)| format!("{} = {}", json!(key), toml(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
