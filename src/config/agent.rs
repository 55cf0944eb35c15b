//! `[[agent]]`: who does the work.

use toml::Spanned;
use toml::de::DeValue;
use url::Url;

use super::acp::AcpConfig;
use super::local::LocalConfig;

use super::quantity::millionths;
use super::repositories::RepositoryFilter;
use super::role::Role;
use super::sandbox_kind::SandboxKind;
use super::secret::Secret;
use super::secrets;
use super::section::Section;
use super::timeouts::OwnTimeouts;
use super::value::{Wrong, account, count, http_url, line, name_of, one_of, quoted, whole, word};
use super::worker::Away;
use crate::core::jobs::money::TokenPrice;

/// `[[agent]]`: one agent of the fleet.
#[derive(Debug, Clone)]
pub struct AgentConfig {
    /// What people call it: one lower-case word, unlike all others.
    pub name: String,
    /// Its Gitea account, which belongs to no person who commands. Names ignore case.
    pub account: String,
    /// Its account's token. With it timmy opens its pull requests as that account.
    pub token: Option<Secret>,
    /// The roles that it holds; at least one.
    pub roles: Vec<Role>,
    /// What it knows, in lower case; none fits everything.
    pub skills: Vec<String>,
    /// The machine that it runs on.
    pub host: Option<String>,
    /// The quota that it shares, by the name of a [`PoolConfig`].
    pub pool: Option<String>,
    /// How many jobs it takes at once.
    pub capacity: u32,
    /// The expected share of verified results before any is known, in millionths.
    pub prior: u64,
    /// What its tokens cost, where it does not report the cost itself; none if nobody knows. A
    /// price of zero that was written down is free.
    pub price: Option<TokenPrice>,
    /// Whose model it works with, in lower case.
    pub family: Option<String>,
    /// Where it may work.
    pub repositories: RepositoryFilter,
    /// How its attempts may take other times than those of the others.
    pub timeout: OwnTimeouts,
    /// How it is driven.
    pub kind: AgentKind,
}

/// How an agent is driven, with what only that way needs.
#[derive(Debug, Clone)]
pub enum AgentKind {
    Hermes {
        /// Its root address, as written.
        url: Url,
        key: Secret,
    },
    /// Any OpenAI-compatible chat completions.
    OpenAi {
        /// Its base address, as written: `/chat/completions` stands behind its path.
        url: Url,
        model: String,
        /// Its key; servers over plain `http`, such as one's own Ollama, may have none.
        key: Option<Secret>,
        /// The most turns of one attempt.
        max_turns: u32,
        /// The most tokens of one attempt, read and written.
        max_tokens: u64,
    },
    /// A local program that speaks the Agent Client Protocol.
    Acp(AcpConfig),
    /// A local program: JSON on its input, JSON lines on its output.
    Command(LocalConfig),
    /// An agent that watches Gitea itself.
    Forge,
    /// CrewAI behind a program: the lines of [`Self::Command`].
    CrewAi(LocalConfig),
    /// One of these kinds, driven by a worker on its host: what that takes stands in the
    /// configuration there.
    Elsewhere {
        kind: KindName,
        /// The most tokens of one attempt, where that is told here as well.
        max_tokens: Option<u64>,
        /// What keeps it in there, if it is a program on that host.
        sandbox: Option<SandboxKind>,
    },
}

impl AgentKind {
    /// Which it is, wherever it is driven.
    pub fn name(&self) -> KindName {
        match self {
            Self::Hermes { .. } => KindName::Hermes,
            Self::OpenAi { .. } => KindName::OpenAi,
            Self::Acp(_) => KindName::Acp,
            Self::Command(_) => KindName::Command,
            Self::Forge => KindName::Forge,
            Self::CrewAi(_) => KindName::CrewAi,
            Self::Elsewhere { kind, .. } => *kind,
        }
    }

    /// The word for it in the configuration.
    pub fn word(&self) -> &'static str {
        let name = self.name();
        KINDS.iter().find(|(_, kind)| *kind == name).map_or("", |(word, _)| *word)
    }

    /// How it is started, if it is a program that timmy gives a clone of its own.
    pub fn local(&self) -> Option<&LocalConfig> {
        match self {
            Self::Acp(acp) => Some(&acp.local),
            Self::Command(local) | Self::CrewAi(local) => Some(local),
            Self::Hermes { .. } | Self::OpenAi { .. } | Self::Forge | Self::Elsewhere { .. } => {
                None
            }
        }
    }
}

/// What could be read of an agent, for checks against others even if some of it is wrong.
pub(super) struct AgentDraft {
    pub(super) name: Option<Spanned<String>>,
    pub(super) account: Option<Spanned<String>>,
    pub(super) pool: Option<Spanned<String>>,
    pub(super) is_crew: bool,
    pub(super) timeout: Option<Spanned<OwnTimeouts>>,
    pub(super) agent: Option<AgentConfig>,
}

/// The kinds of agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KindName {
    Hermes,
    OpenAi,
    Acp,
    Command,
    Forge,
    CrewAi,
}

impl KindName {
    /// Whether it is given a clone, and what it makes there is handed in for it.
    pub fn works_in_a_clone(self) -> bool {
        match self {
            Self::Acp | Self::Command | Self::CrewAi => true,
            Self::Hermes | Self::OpenAi | Self::Forge => false,
        }
    }
}

const KINDS: [(&str, KindName); 6] = [
    ("hermes", KindName::Hermes),
    ("openai", KindName::OpenAi),
    ("acp", KindName::Acp),
    ("command", KindName::Command),
    ("forge", KindName::Forge),
    ("crewai", KindName::CrewAi),
];

/// Words that mean something else where the name of an agent may stand.
const RESERVED: [&str; 9] = ["all", "any", "auto", "everyone", "me", "nobody", "none", "off", "on"];

impl AgentDraft {
    /// Of an agent of another host only what timmy itself has to know; `away` says which those are.
    pub(super) fn read(section: &Section<'_>, away: &Away) -> Self {
        let name = section.need_located("name", agent_name);
        let account = section.need_located("account", account);
        let variables = Variables::of(name.as_ref().map(|name| name.get_ref().as_str()));
        let host = section.optional("host", line);
        let kind_name = section.need("kind", one_of(&KINDS));
        // What watches the forge needs nobody on its host.
        let is_away = away.is(host.as_deref()) && kind_name != Some(KindName::Forge);
        // What is made in a clone, timmy hands in, wherever that is.
        let is_used_there = is_away && !kind_name.is_some_and(KindName::works_in_a_clone);
        let token = match is_used_there {
            true => secrets::if_there(section, "token_file", &variables.token),
            false => secrets::optional(section, "token_file", &variables.token),
        };
        let roles = section.need_list("roles", one_of(&Role::ALL));
        let skills = section.list_or("skills", [], word);
        let pool = section.located("pool", word);
        let capacity = section.or("capacity", 1, count(1..=1000));
        let prior = section.or("prior", 500_000, millionths(1));
        let price = section.table("price", price).flatten();
        let family = section.optional("family", word);
        let repositories = RepositoryFilter::read(section, "repositories", &["*"]);
        let timeout = section.table("timeout", OwnTimeouts::read);
        let kind = match (is_away, kind_name) {
            (true, Some(kind)) => Some(elsewhere(section, kind)),
            _ => read_kind(section, kind_name, &variables.key),
        };

        let agent = match (&name, &account, roles, kind) {
            (Some(name), Some(account), Some(roles), Some(kind)) => Some(AgentConfig {
                name: name.get_ref().clone(),
                account: account.get_ref().clone(),
                token,
                roles: roles.into_iter().map(Spanned::into_inner).collect(),
                skills,
                host,
                pool: pool.as_ref().map(|pool| pool.get_ref().clone()),
                capacity,
                prior,
                price,
                family,
                repositories,
                timeout: timeout.as_ref().map_or_else(OwnTimeouts::default, |own| *own.get_ref()),
                kind,
            }),
            _ => None,
        };
        Self { name, account, pool, is_crew: kind_name == Some(KindName::CrewAi), timeout, agent }
    }
}

/// The variables of the environment that hold an agent's secrets.
struct Variables {
    key: String,
    token: String,
}

impl Variables {
    fn of(name: Option<&str>) -> Self {
        let name = name.map_or_else(|| "<NAME>".to_owned(), environment_name);
        Self { key: format!("TIMMY_AGENT_{name}_KEY"), token: format!("TIMMY_AGENT_{name}_TOKEN") }
    }
}

/// The name as variables write it: `ezra-2` is `EZRA_2`.
pub(super) fn environment_name(name: &str) -> String {
    name.to_ascii_uppercase().replace('-', "_")
}

fn read_kind(
    section: &Section<'_>,
    kind: Option<KindName>,
    key_variable: &str,
) -> Option<AgentKind> {
    let Some(kind) = kind else {
        section.allow_unknown();
        return None;
    };
    match kind {
        KindName::Hermes => {
            let url = section.need("url", http_url);
            let key = secrets::needed(section, "key_file", key_variable);
            Some(AgentKind::Hermes { url: url?, key: key? })
        }
        KindName::OpenAi => read_openai(section, key_variable),
        KindName::Acp => AcpConfig::read(section).map(AgentKind::Acp),
        KindName::Command => LocalConfig::read(section).map(AgentKind::Command),
        KindName::Forge => Some(AgentKind::Forge),
        KindName::CrewAi => LocalConfig::read(section).map(AgentKind::CrewAi),
    }
}

/// What is told here of an agent that a worker on its host drives. The rest is told there.
fn elsewhere(section: &Section<'_>, kind: KindName) -> AgentKind {
    section.allow_unknown();
    let max_tokens = match kind {
        KindName::OpenAi => Some(section.or("max_tokens", MOST_TOKENS, max_tokens())),
        _ => None,
    };
    let is_program = kind.works_in_a_clone();
    let sandbox = is_program.then(|| SandboxKind::read(section));
    AgentKind::Elsewhere { kind, max_tokens, sandbox }
}

/// The most tokens of an attempt, unless somebody says otherwise.
const MOST_TOKENS: u64 = 200_000;

fn max_tokens() -> impl Fn(&DeValue<'_>) -> Result<u64, Wrong> {
    whole(1000..=1_000_000_000)
}

fn read_openai(section: &Section<'_>, key_variable: &str) -> Option<AgentKind> {
    let url = section.need("url", http_url);
    let is_plain = url.as_ref().is_some_and(|url| url.scheme() == "http");
    let key = match is_plain {
        true => secrets::optional(section, "key_file", key_variable),
        false => secrets::needed(section, "key_file", key_variable),
    };
    let model = section.need("model", line);
    let max_turns = section.or("max_turns", 40, count(1..=1000));
    let max_tokens = section.or("max_tokens", MOST_TOKENS, max_tokens());
    Some(AgentKind::OpenAi { url: url?, model: model?, key, max_turns, max_tokens })
}

/// Both prices, if the table is there: half of one would be taken for free.
fn price(section: &Section<'_>) -> Option<TokenPrice> {
    if !section.is_there() {
        return None;
    }
    let input = section.need("input", millionths(1_000_000));
    let output = section.need("output", millionths(1_000_000));
    Some(TokenPrice { input: input?, output: output? })
}

/// One lower-case word that cannot be taken for anything else in a command.
fn agent_name(value: &DeValue<'_>) -> Result<String, Wrong> {
    let name = name_of("an agent", "ezra-2", value)?;
    let taken = |meaning: &str| {
        Wrong::new(format!("is {}, which means {meaning}", quoted(&name)), "Choose another name.")
    };
    if RESERVED.contains(&name.as_str()) {
        return Err(taken("something else in commands"));
    }
    match name.split_at(1) {
        ("j", digits) if is_number(digits) => Err(taken("a job in commands")),
        ("d", digits) if is_number(digits) => Err(taken("a decision in commands")),
        _ if is_number(&name) => Err(taken("a number in commands")),
        _ => Ok(name),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use crate::config::agent::*;

    #[test]
    fn a_name_is_nothing_else_in_a_command() {
        let read = |name: &'static str| agent_name(&DeValue::String(name.into()));
        for good in ["ezra", "ezra-2", "j", "d4x", "4o"] {
            assert!(read(good).is_ok(), "{good}");
        }
        for bad in ["", "Ezra", "-a", "a b", "é", "auto", "all", "j42", "d7", "12"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn variables_are_in_capitals() {
        assert_eq!(Variables::of(Some("ezra-2")).key, "TIMMY_AGENT_EZRA_2_KEY");
    }
}
