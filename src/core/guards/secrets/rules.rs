//! What secrets look like. Each rule has a word that it cannot do without, by which most of a text is
//! passed over.
//!
//! Only what its maker gave a form of its own is told by its form alone. What looks like any other
//! text needs a name beside it that says what it is, and as much chance in it as a key has. A finding
//! that is none costs a person's trust in all others, so there are no rules for what is often public
//! (keys of maps, publishable keys, identifiers of clients) or an example (JSON web tokens).

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

/// By what a secret is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RuleKind {
    /// The first line of a key of several.
    Block,
    /// Its own form.
    Form,
    /// A name beside it.
    Named,
}

/// One kind of secret.
pub(super) struct SecretRule {
    pub(super) kind: RuleKind,
    /// What it is, as people are told.
    pub(super) name: &'static str,
    /// The secret is the first group.
    pub(super) pattern: Regex,
    /// How many bits of chance a character has at least, in hundredths.
    pub(super) chance: u32,
}

/// Name, words (one of which is there), pattern, least chance.
type Row = (&'static str, &'static [&'static str], &'static str, u32);

const BLOCKS: [Row; 1] = [(
    "a private key",
    &["PRIVATE KEY"],
    r"(-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----)",
    0,
)];

/// Those whose words are in the case that is written here.
const FORMS: [Row; 32] = [
    (
        "a GitHub token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        r"\b(gh[pousr]_[A-Za-z0-9]{36,251})\b",
        300,
    ),
    ("a GitHub token", &["github_pat_"], r"\b(github_pat_[A-Za-z0-9_]{80,100})\b", 300),
    ("a Gitea application's secret", &["gto_"], r"\b(gto_[a-z2-7]{52})\b", 300),
    (
        "a GitLab token",
        &["glpat-", "gldt-", "glrt-"],
        r"\b(gl(?:pat|dt|rt)-[A-Za-z0-9_-]{20,})",
        300,
    ),
    ("an AWS access key", &["AKIA", "ASIA"], r"\b(A(?:KIA|SIA)[A-Z2-7]{16})\b", 300),
    ("a Google API key", &["AIza"], r"\b(AIza[A-Za-z0-9_-]{35})\b", 350),
    ("a Google OAuth secret", &["GOCSPX-"], r"\b(GOCSPX-[A-Za-z0-9_-]{28})\b", 300),
    ("a Slack token", &["xox"], r"\b(xox[abposr]-(?:\d+-)+[A-Za-z0-9-]{10,})\b", 300),
    (
        "a Slack webhook",
        &["hooks.slack.com"],
        r"(hooks\.slack\.com/(?:services|workflows)/T[A-Za-z0-9]+/[A-Za-z0-9]+/[A-Za-z0-9]{20,})",
        300,
    ),
    (
        "an OpenAI key",
        &["T3BlbkFJ"],
        r"\b(sk-(?:[a-z]+-)?[A-Za-z0-9_-]{16,100}T3BlbkFJ[A-Za-z0-9_-]{16,100})",
        300,
    ),
    ("an Anthropic key", &["sk-ant-"], r"\b(sk-ant-[a-z]+\d\d-[A-Za-z0-9_-]{80,120})", 300),
    ("an OpenRouter key", &["sk-or-v1-"], r"\b(sk-or-v1-[0-9a-f]{64})\b", 300),
    ("a Groq key", &["gsk_"], r"\b(gsk_[A-Za-z0-9]{48,56})\b", 350),
    ("a Hugging Face token", &["hf_"], r"\b(hf_[A-Za-z]{34})\b", 350),
    ("a Stripe key", &["k_live_"], r"\b([rs]k_live_[A-Za-z0-9]{20,100})\b", 300),
    ("an npm token", &["npm_"], r"\b(npm_[A-Za-z0-9]{36})\b", 350),
    ("a PyPI token", &["pypi-AgE"], r"\b(pypi-AgE[A-Za-z0-9_-]{60,})", 300),
    ("a crates.io token", &["cio"], r"\b(cio[A-Za-z0-9]{32})\b", 380),
    ("a RubyGems token", &["rubygems_"], r"\b(rubygems_[0-9a-f]{48})\b", 300),
    ("a Docker token", &["dckr_pat_"], r"\b(dckr_pat_[A-Za-z0-9_-]{27,})", 300),
    (
        "a DigitalOcean token",
        &["dop_v1_", "doo_v1_", "dor_v1_"],
        r"\b(do[opr]_v1_[0-9a-f]{64})\b",
        300,
    ),
    ("a SendGrid key", &["SG."], r"\b(SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})\b", 350),
    ("a Telegram bot's token", &[":AA"], r"\b(\d{8,10}:AA[A-Za-z0-9_-]{32,34})\b", 350),
    ("an age key", &["AGE-SECRET-KEY-"], r"\b(AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58})\b", 300),
    ("a Vault token", &["hvs.", "hvb."], r"\b(hv[bs]\.[A-Za-z0-9_-]{24,})", 350),
    ("a Tailscale key", &["tskey-"], r"\b(tskey-[a-z]+-[A-Za-z0-9]+-[A-Za-z0-9]{20,})\b", 300),
    ("a Databricks token", &["dapi"], r"\b(dapi[0-9a-f]{32})\b", 300),
    (
        "a Shopify token",
        &["shpat_", "shpca_", "shppa_", "shpss_"],
        r"\b(shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32})\b",
        300,
    ),
    ("a Linear key", &["lin_api_"], r"\b(lin_api_[A-Za-z0-9]{40})\b", 350),
    ("a Doppler token", &["dp.pt."], r"\b(dp\.pt\.[A-Za-z0-9]{43})\b", 350),
    ("an Azure storage key", &["AccountKey="], r"AccountKey=([A-Za-z0-9+/]{86}==)", 400),
    (
        "a password in an address",
        &["://"],
        r"[a-z][a-z0-9+.-]*://[^\s/:@\x22'`<>]*:([^\s/:@\x22'`<>]{6,100})@[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z]{2,}",
        300,
    ),
];

/// Those that a name tells; its case does not count.
const NAMED: [Row; 2] = [
    (
        "a token in a header",
        &["authorization"],
        r"(?i)authorization[\x22']?\s*[:=]\s*[\x22'`]?(?:token|bearer|basic)\s+([A-Za-z0-9+/_=.-]{20,200})",
        350,
    ),
    (
        "a key",
        &[
            "secret",
            "token",
            "passw",
            "api_key",
            "apikey",
            "api-key",
            "private_key",
            "access_key",
            "credential",
        ],
        r"(?i)(?:secret|token|passwd|password|api[_-]?key|private[_-]?key|access[_-]?key|credential)[\w.-]{0,20}[\x22'`]?\s*(?::=|=>|[:=])\s*(?:[\w:]{0,20}\()?[\x22'`]([A-Za-z0-9+/_=-]{20,120})[\x22'`]",
        380,
    ),
];

pub(super) fn rules() -> &'static [SecretRule] {
    static RULES: LazyLock<Vec<SecretRule>> = LazyLock::new(|| {
        let of = |kind, rows: &[Row]| {
            let rule = |(name, _, pattern, chance): &Row| SecretRule {
                kind,
                name,
                pattern: built(pattern),
                chance: *chance,
            };
            rows.iter().map(rule).collect::<Vec<_>>()
        };
        let kinds =
            [of(RuleKind::Block, &BLOCKS), of(RuleKind::Form, &FORMS), of(RuleKind::Named, &NAMED)];
        kinds.into_iter().flatten().collect()
    });
    &RULES
}

/// What every secret holds: where none of these words is, there is no secret.
pub(super) fn words() -> &'static Regex {
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        let alternatives = |rows: &[Row]| {
            let words = rows.iter().flat_map(|(_, words, _, _)| words.iter());
            words.map(|word| regex::escape(word)).collect::<Vec<_>>().join("|")
        };
        let forms = [alternatives(&BLOCKS), alternatives(&FORMS)].join("|");
        built(&format!("{forms}|(?i:{})", alternatives(&NAMED)))
    });
    &WORDS
}

fn built(pattern: &str) -> Regex {
    let regex = RegexBuilder::new(pattern).unicode(false).build();
    regex.unwrap_or_else(|error| unreachable!("{error}"))
}
