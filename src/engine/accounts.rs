//! Who the accounts are that the configuration names: the ledger remembers the number behind each
//! name, for names can be given to somebody else.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use super::context::Context;
use super::error::EngineError;
use super::incidents::Incidents;
use crate::core::model::account::Account;
use crate::core::model::incident::Incident;
use crate::core::model::text::{InboundText, ListedText, PostedText};
use crate::core::policy::accounts::AccountStatus;
use crate::core::policy::authority::People;
use crate::core::scheduling::Rules;
use crate::store::{Error, accounts};

/// The accounts behind names, and who may what by them.
pub(super) struct Accounts {
    ctx: Context,
    incidents: Arc<Incidents>,
    /// Every name of the configuration in lower case, each once, with the key that has it.
    names: Vec<(&'static str, String)>,
    known: RwLock<KnownAccounts>,
}

struct KnownAccounts {
    by_name: HashMap<String, Account>,
    people: Arc<People>,
}

impl Accounts {
    /// Of nobody anything is known but the name.
    pub(super) fn new(ctx: Context, incidents: Arc<Incidents>) -> Self {
        let people = &ctx.policy.people;
        let names = names(people, &ctx.policy.rules);
        let known = KnownAccounts { by_name: HashMap::new(), people: Arc::new(people.clone()) };
        Self { ctx, incidents, names, known: RwLock::new(known) }
    }

    /// Who may what, as far as the accounts are known.
    pub(super) fn people(&self) -> Arc<People> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).people.clone()
    }

    /// The account that the configuration means by `name`.
    fn account_of(&self, name: &str) -> Option<Account> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.by_name.get(&name.to_ascii_lowercase()).cloned()
    }

    /// The names with which `account` has to do: it has them, or is meant by them.
    fn names_concerning(&self, account: &Account) -> Vec<(&'static str, String)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let is_meant =
            |name: &str| known.by_name.get(name).is_some_and(|meant| meant.id == account.id);
        let concerned = |name: &String| account.is(name) || is_meant(name);
        self.names.iter().filter(|(_, name)| concerned(name)).cloned().collect()
    }

    fn learn(&self, learned: impl IntoIterator<Item = (String, Account)>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.by_name.extend(learned);
        let mut people = (*known.people).clone();
        people.know(|name| known.by_name.get(&name.to_ascii_lowercase()).cloned());
        known.people = Arc::new(people);
    }

    /// What the account that is meant by `name` is called now.
    fn present(&self, name: &mut String) {
        if let Some(account) = self.account_of(name) {
            *name = account.login;
        }
    }

    /// The rules of the configuration with the present logins of those whom they name.
    pub(super) fn present_rules(&self) -> Rules {
        let mut rules = self.ctx.policy.rules.clone();
        let is_taken = |name: String| self.incidents.is_open(&Incident::NameTaken { name });
        rules.machines.iter_mut().for_each(|name| self.present(name));
        rules.writers.iter_mut().for_each(|name| self.present(name));
        rules.writers.retain(|name| !is_taken(name.to_ascii_lowercase()));
        if let Some(authors) = rules.authors.names_mut() {
            authors.iter_mut().for_each(|name| self.present(name));
            // Work is assigned by name: nobody's are handed out for a name that was given again.
            authors.retain(|name| !is_taken(name.to_ascii_lowercase()));
        }
        rules
    }

    /// Reads what the ledger remembers, and forgets whom the configuration names no longer.
    pub(super) async fn load(&self) -> Result<(), Error> {
        let names: Vec<String> = self.names.iter().map(|(_, n)| n.clone()).collect();
        let known = self.ctx.ledger.write(move |tx| {
            accounts::keep_only(tx, &names)?;
            accounts::all(tx)
        });
        self.learn(known.await?.into_iter().map(|known| (known.name, known.account)));
        Ok(())
    }

    /// The forge shows `account`: whoever is seen first by a name is the one that is meant by it.
    pub(super) async fn confirm(&self, account: &Account) -> Result<(), EngineError> {
        for (key, name) in self.names_concerning(account) {
            let meant = match self.account_of(&name) {
                Some(meant) if meant == *account => meant,
                // Whoever is meant cannot be called so any more.
                Some(meant) if meant.id != account.id && meant.is(&name) => {
                    self.present_of(&name, meant).await?
                }
                Some(meant) if meant.id != account.id => meant,
                _ => self.bind(&name, account).await?,
            };
            let status = AccountStatus::of(&name, &meant, Some(account));
            // Whoever is called otherwise now does not show who has their former name.
            let taken = Incident::NameTaken { name: name.clone() };
            if account.is(&name) || !self.incidents.is_open(&taken) {
                self.note(key, &name, &status).await;
            }
        }
        Ok(())
    }

    /// Who wrote something may be one that nobody has met, since the forge does not show their
    /// page to everybody. It is asked who wrote that, for a delivery may be forged.
    pub(super) async fn confirm_author_of(&self, inbound: &InboundText) -> Result<(), EngineError> {
        let Some(author) = &inbound.author else { return Ok(()) };
        let names = self.names_concerning(author);
        if names.iter().all(|(_, name)| self.account_of(name).is_some()) {
            return Ok(());
        }
        match self.ctx.gitea.read_back(&inbound.repo.name, inbound.number, inbound.subject).await {
            Ok(Some(ListedText { written: PostedText { author: Some(author), .. }, .. })) => {
                self.confirm(&author).await
            }
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::debug!(account = author.login, %error, "account cannot be verified now");
                Ok(())
            }
        }
    }

    /// Asks the forge for everybody whom the configuration names.
    pub(super) async fn verify_all(&self) -> Result<(), EngineError> {
        for (key, name) in &self.names {
            match self.verify(key, name).await {
                // One account that cannot be read does not block the others.
                Err(error) if error.is_about_one(&self.ctx.gitea).await => {
                    tracing::warn!(key, name, %error, "account cannot be verified now");
                }
                verified => verified?,
            }
        }
        Ok(())
    }

    async fn verify(&self, key: &str, name: &str) -> Result<(), EngineError> {
        let holder = self.ctx.gitea.account(name).await?;
        match (self.account_of(name), &holder) {
            // A former name that leads to somebody proves nothing of whom it meant.
            (None, Some(holder)) if holder.is(name) => self.confirm(holder).await?,
            (None, _) => {}
            (Some(meant), Some(holder)) if holder.id == meant.id => self.confirm(holder).await?,
            (Some(meant), _) => {
                let meant = self.present_of(name, meant).await?;
                self.note(key, name, &AccountStatus::of(name, &meant, holder.as_ref())).await;
            }
        }
        Ok(())
    }

    /// The account that is meant by `name`, as it is called now.
    async fn present_of(&self, name: &str, meant: Account) -> Result<Account, EngineError> {
        match self.ctx.gitea.account_by_id(meant.id).await? {
            Some(now) => Ok(self.bind(name, &now).await?),
            // Gone, or nobody may see it.
            None => Ok(meant),
        }
    }

    async fn bind(&self, name: &str, account: &Account) -> Result<Account, Error> {
        let (stored, whom) = (name.to_owned(), account.clone());
        self.ctx.ledger.write(move |tx| accounts::confirm_account(tx, &stored, &whom)).await?;
        self.learn([(name.to_owned(), account.clone())]);
        Ok(account.clone())
    }

    async fn note(&self, key: &str, name: &str, status: &AccountStatus) {
        let text = status.problem(key).zip(status.remedy(key));
        let text = text.map(|(problem, remedy)| format!("{problem}: {remedy}"));
        let (renamed, taken) = match status {
            AccountStatus::Same => (None, None),
            AccountStatus::Renamed { .. } => (text, None),
            AccountStatus::Replaced { .. } => (None, text),
        };
        let name = name.to_owned();
        self.incidents.set(Incident::AccountRenamed { name: name.clone() }, renamed).await;
        self.incidents.set(Incident::NameTaken { name }, taken).await;
    }
}

/// All names of the configuration in lower case, each once.
fn names(people: &People, rules: &Rules) -> Vec<(&'static str, String)> {
    let mut names: Vec<(&'static str, String)> =
        people.named().map(|(key, named)| (key, named.name.to_ascii_lowercase())).collect();
    let authors = rules.authors.names().iter();
    names.extend(authors.map(|author| ("dispatch.authors", author.to_ascii_lowercase())));
    let mut seen = HashSet::new();
    names.retain(|(_, name)| seen.insert(name.clone()));
    names
}
