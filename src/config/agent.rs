//! `[[agent]]`: who does the work.

use toml::Spanned;
use toml::de::DeValue;
use url::Url;

use super::acp::AcpConfig;
use super::local::LocalConfig;

use super::quantity::millionths;
use super::repositories::RepositoryFilter;
use super::role::Role;
use super::secret::Secret;
use super::secrets;
use super::section::Section;
use super::timeouts::OwnTimeouts;
use super::value::{Wrong, account, count, http_url, line, name_of, one_of, quoted, whole, word};
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
}

impl AgentKind {
    /// The word for it in the configuration.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Hermes { .. } => "hermes",
            Self::OpenAi { .. } => "openai",
            Self::Acp(_) => "acp",
            Self::Command(_) => "command",
            Self::Forge => "forge",
            Self::CrewAi(_) => "crewai",
        }
    }

    /// How it is started, if it is a program that timmy gives a clone of its own.
    pub fn local(&self) -> Option<&LocalConfig> {
        match self {
            Self::Acp(acp) => Some(&acp.local),
            Self::Command(local) | Self::CrewAi(local) => Some(local),
            Self::Hermes { .. } | Self::OpenAi { .. } | Self::Forge => None,
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum KindName {
    Hermes,
    OpenAi,
    Acp,
    Command,
    Forge,
    CrewAi,
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
    pub(super) fn read(section: &Section<'_>) -> Self {
        let name = section.need_located("name", agent_name);
        let account = section.need_located("account", account);
        let variables = Variables::of(name.as_ref().map(|name| name.get_ref().as_str()));
        let token = secrets::optional(section, "token_file", &variables.token);
        let roles = section.need_list("roles", one_of(&Role::ALL));
        let skills = section.list_or("skills", [], word);
        let host = section.optional("host", line);
        let pool = section.located("pool", word);
        let capacity = section.or("capacity", 1, count(1..=1000));
        let prior = section.or("prior", 500_000, millionths(1));
        let price = section.table("price", price).flatten();
        let family = section.optional("family", word);
        let repositories = RepositoryFilter::read(section, "repositories", &["*"]);
        let timeout = section.table("timeout", OwnTimeouts::read);
        let kind_name = section.need("kind", one_of(&KINDS));
        let kind = read_kind(section, kind_name, &variables.key);

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

fn read_openai(section: &Section<'_>, key_variable: &str) -> Option<AgentKind> {
    let url = section.need("url", http_url);
    let is_plain = url.as_ref().is_some_and(|url| url.scheme() == "http");
    let key = match is_plain {
        true => secrets::optional(section, "key_file", key_variable),
        false => secrets::needed(section, "key_file", key_variable),
    };
    let model = section.need("model", line);
    let max_turns = section.or("max_turns", 40, count(1..=1000));
    let max_tokens = section.or("max_tokens", 200_000, whole(1000..=1_000_000_000));
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
