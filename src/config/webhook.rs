//! `[webhook]`: where Gitea calls, and what each webhook signs with.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;

use toml::Spanned;
use toml::de::DeValue;
use url::Url;

use super::quantity::size;
use super::secret::Secret;
use super::secrets::{self, from_file, from_variable};
use super::section::Section;
use super::value::{Wrong, http_url, is_account, listen};
use crate::core::model::ids::RepoName;
use crate::core::policy::webhook_scope::HookScope;

/// The variable that holds one secret for all webhooks. It goes before the files.
pub(super) const VARIABLE: &str = "TIMMY_WEBHOOK_SECRET";
const KEY: &str = "secret_files";

/// `[webhook]`: where Gitea calls. Without it timmy only polls.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    pub listen: SocketAddr,
    /// What Gitea calls, as written.
    pub public_url: Url,
    /// At least one, in the order of the file; a delivery is believed if any of them signed it
    /// that speaks for its repository.
    pub secrets: Vec<WebhookSecret>,
    /// The longest body that is read, in bytes.
    pub max_body: u64,
}

/// What webhooks sign with.
#[derive(Clone)]
pub struct WebhookSecret {
    /// The repositories that it speaks for.
    pub scope: HookScope,
    pub secret: Secret,
    /// The file that it is in; none if it came from the environment. Not to be printed: people put
    /// the secret itself where its file should stand.
    pub file: Option<PathBuf>,
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookSecret").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl WebhookConfig {
    /// What a webhook of the organisation or user `owner` signs with: the first secret that is
    /// given for it, else the first for everything.
    pub fn secret_of_owner(&self, owner: &str) -> Option<&WebhookSecret> {
        self.first(&[HookScope::Owner(owner.to_owned()), HookScope::Everything])
    }

    /// What a webhook of `repository` signs with: the first secret that is given for it, else for
    /// its owner, else for everything.
    pub fn secret_of_repository(&self, repository: &RepoName) -> Option<&WebhookSecret> {
        let owner = HookScope::Owner(repository.owner().to_owned());
        self.first(&[HookScope::Repository(repository.clone()), owner, HookScope::Everything])
    }

    fn first(&self, scopes: &[HookScope]) -> Option<&WebhookSecret> {
        scopes.iter().find_map(|scope| self.secrets.iter().find(|secret| secret.scope == *scope))
    }
}

/// The table, with the places that comparing it with others needs.
pub(super) struct WebhookDraft {
    pub(super) webhook: WebhookConfig,
    pub(super) listen: Range<usize>,
    /// None if the secret came from the environment.
    pub(super) secrets: Option<Range<usize>>,
}

impl WebhookDraft {
    /// None also if the table is not there.
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        if !section.is_there() {
            return None;
        }
        let listen = section.need_located("listen", listen);
        let public_url = section.need("public_url", http_url);
        let secrets = read_secrets(section);
        let max_body = section.or("max_body", 4 << 20, size(64 << 10..=1 << 30));
        let (listen, (secrets, place)) = (listen?, secrets?);
        Some(Self {
            listen: listen.span(),
            secrets: place,
            webhook: WebhookConfig {
                listen: listen.into_inner(),
                public_url: public_url?,
                secrets,
                max_body,
            },
        })
    }
}

type Secrets = (Vec<WebhookSecret>, Option<Range<usize>>);

/// The one secret of the variable, else those of the files; at least one.
fn read_secrets(section: &Section<'_>) -> Option<Secrets> {
    section.remember_secret(KEY, VARIABLE);
    let files = section.raw(KEY);
    if let Some(value) = (section.reading.world.env)(VARIABLE) {
        let secret = from_variable(section, VARIABLE, &value)?;
        let scope = HookScope::Everything;
        return Some((vec![WebhookSecret { scope, secret, file: None }], None));
    }
    let Some(files) = files else {
        // A worker reads no deliveries.
        if let Some(secret) = section.reading.stand_in.and_then(|text| Secret::new(text).ok()) {
            let scope = HookScope::Everything;
            return Some((vec![WebhookSecret { scope, secret, file: None }], None));
        }
        section.lacks(KEY, secrets::remedy(KEY, VARIABLE));
        return None;
    };
    let secrets = match files.get_ref() {
        DeValue::Array(items) => listed(section, &HookScope::Everything, files.span(), items),
        DeValue::Table(table) if !table.is_empty() => {
            let mut files: Vec<_> = table.iter().collect();
            files.sort_by_key(|(name, _)| name.span().start);
            let by_scope: Vec<Option<Vec<WebhookSecret>>> = files
                .into_iter()
                .map(|(name, files)| {
                    let scope = scope(section, name.get_ref(), name.span());
                    of_scope(section, scope?, files)
                })
                .collect();
            by_scope.into_iter().collect::<Option<Vec<_>>>().map(|secrets| secrets.concat())
        }
        DeValue::Table(_) => {
            section.wrong(KEY, files.span(), empty());
            None
        }
        other => {
            let wanted = "files by owner or repository, such as { foundation = \"secret\" }";
            section.wrong(KEY, files.span(), Wrong::type_of(other, wanted));
            None
        }
    };
    Some((secrets?, Some(files.span())))
}

/// What `name` is in the map. It is not quoted: it may be a secret in the wrong place.
fn scope(section: &Section<'_>, name: &str, span: Range<usize>) -> Option<HookScope> {
    if let Ok(repository) = name.parse() {
        return Some(HookScope::Repository(repository));
    }
    if is_account(name) {
        return Some(HookScope::Owner(name.to_owned()));
    }
    let wrong = Wrong::new(
        "names something that is no organisation, user or repository",
        "Write { foundation = \"a file\", \"alexander/notes\" = \"another\" }.",
    );
    section.wrong(KEY, span, wrong);
    None
}

/// One file, or a list of them while one secret replaces another.
fn of_scope(
    section: &Section<'_>,
    scope: HookScope,
    files: &Spanned<DeValue<'_>>,
) -> Option<Vec<WebhookSecret>> {
    match files.get_ref() {
        DeValue::Array(items) => listed(section, &scope, files.span(), items),
        file => from(section, scope, files.span(), file).map(|secret| vec![secret]),
    }
}

fn listed(
    section: &Section<'_>,
    scope: &HookScope,
    span: Range<usize>,
    items: &[Spanned<DeValue<'_>>],
) -> Option<Vec<WebhookSecret>> {
    if items.is_empty() {
        section.wrong(KEY, span, empty());
        return None;
    }
    let read =
        |file: &Spanned<DeValue<'_>>| from(section, scope.clone(), file.span(), file.get_ref());
    items.iter().map(read).collect()
}

fn from(
    section: &Section<'_>,
    scope: HookScope,
    span: Range<usize>,
    value: &DeValue<'_>,
) -> Option<WebhookSecret> {
    let secret = from_file(section, KEY, span, value)?;
    let file = value.as_str().map(|path| section.reading.resolve(path));
    Some(WebhookSecret { scope, secret, file })
}

fn empty() -> Wrong {
    Wrong::new("is empty", secrets::remedy(KEY, VARIABLE))
}
