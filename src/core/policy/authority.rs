//! May this actor say that?
//!
//! Pure: who is named where comes from the configuration, what the forge proves of the actor
//! comes as [`Proof`]. What cannot be proved is refused.

use serde::{Deserialize, Serialize};

use super::controls::Delegation;
use crate::core::command::verb::Right;
use crate::core::model::account::Account;
use crate::core::model::text::{InboundText, TextEvent};

/// Who may give which commands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People {
    pub owner: NamedAccount,
    pub approvers: Grants,
    pub operators: Grants,
    /// Who may ask, beside collaborators and members.
    pub readers: Vec<NamedAccount>,
    /// Accounts that are stored and never answered.
    pub ignored: Vec<NamedAccount>,
    /// The accounts of agents: they work, they do not command.
    pub agents: Vec<NamedAccount>,
}

/// An account that the configuration names, and the one that stood behind the name when it was
/// first seen. Names can be given again; numbers cannot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamedAccount {
    /// As the configuration writes it.
    pub name: String,
    /// Whose name it was first, as that account is called now; none as long as nobody was seen.
    pub account: Option<Account>,
}

impl NamedAccount {
    /// One of whom only the name is known.
    pub fn unseen(name: impl Into<String>) -> Self {
        Self { name: name.into(), account: None }
    }

    /// Whether what the name is given belongs to `account`.
    pub fn is(&self, account: &Account) -> bool {
        self.account.as_ref().is_some_and(|known| known.id == account.id)
    }

    /// Whether `account` is the one that is meant, or has its name.
    pub fn may_be(&self, account: &Account) -> bool {
        self.is(account) || account.is(&self.name)
    }

    /// What people call that account now.
    pub fn login(&self) -> &str {
        self.account.as_ref().map_or(&self.name, |account| &account.login)
    }
}

/// The accounts that a right is given to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    /// Accounts that have it in every repository.
    pub names: Vec<NamedAccount>,
    /// To everybody who may write to a repository, there.
    pub writers: bool,
    /// To the members of these teams, everywhere.
    pub teams: Vec<TeamName>,
}

/// A team, as the configuration names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamName {
    pub organisation: String,
    pub team: String,
}

impl Grants {
    fn cover(&self, actor: &Account, writes: bool, by_team: bool) -> bool {
        includes(&self.names, actor) || (self.writers && writes) || by_team
    }
}

/// What the forge has shown of an actor, in the repository where they speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Proof {
    /// The account may write to the repository.
    pub writes: bool,
    /// They are a collaborator of it, or a member of the organisation that owns it.
    pub belongs: bool,
    /// They are in a team that may operate.
    pub operator_by_team: bool,
    /// They are in a team that may approve.
    pub approver_by_team: bool,
}

impl Proof {
    /// What one text proves by itself: the permissions that a signed payload carried.
    ///
    /// Everybody may read a public repository, so `pull` shows something on private ones only.
    pub fn of(inbound: &InboundText) -> Self {
        let permissions = inbound.permissions.unwrap_or_default();
        let writes = permissions.push || permissions.admin;
        let belongs = writes || (permissions.pull && inbound.repo.private);
        Self { writes, belongs, ..Self::default() }
    }

    /// The facts of both, where either knows them.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            writes: self.writes || other.writes,
            belongs: self.belongs || other.belongs,
            operator_by_team: self.operator_by_team || other.operator_by_team,
            approver_by_team: self.approver_by_team || other.approver_by_team,
        }
    }
}

/// Why a text is stored but not parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IgnoredSender {
    Own,
    Agent,
    /// The configuration says to ignore the account.
    Ignored,
    /// The forge itself, or a deleted user.
    Pseudo,
    /// It was migrated from elsewhere: nobody here said it.
    Migrated,
}

impl IgnoredSender {
    /// The stable reason code, as the ledger keeps it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Agent => "agent",
            Self::Ignored => "ignored",
            Self::Pseudo => "pseudo_user",
            Self::Migrated => "migrated",
        }
    }
}

impl People {
    /// Whether this account is never heeded, whatever the configuration grants it.
    pub fn is_ignored(&self, account: &Account) -> bool {
        account.is_pseudo() || may_be(&self.agents, account) || may_be(&self.ignored, account)
    }

    /// Who spoke, if it is somebody whose words can be commands. `own` is timmy's account.
    ///
    /// Of an edit whose editor is unknown it is the author, who may not have made it.
    pub fn speaker<'a>(
        &self,
        inbound: &'a InboundText,
        own: &Account,
    ) -> Result<&'a Account, IgnoredSender> {
        // Nobody knows who made an edit that a poll found: the author is the one to be asked.
        let unknown = inbound.author.as_ref().filter(|_| inbound.act == TextEvent::Edited);
        let sender = inbound.sender.as_ref().or(unknown);
        let sender = sender.filter(|s| !s.is_pseudo()).ok_or(IgnoredSender::Pseudo)?;
        let hands = [Some(sender), inbound.author.as_ref()];
        let touched_by = |names: &[NamedAccount]| hands.iter().flatten().any(|a| may_be(names, a));
        if hands.iter().flatten().any(|a| a.id == own.id) {
            Err(IgnoredSender::Own)
        } else if inbound.migrated {
            Err(IgnoredSender::Migrated)
        } else if touched_by(&self.agents) {
            Err(IgnoredSender::Agent)
        } else if touched_by(&self.ignored) {
            Err(IgnoredSender::Ignored)
        } else {
            Ok(sender)
        }
    }

    /// The highest right of `actor`; none for a stranger. Each right includes the ones before it.
    /// `lent` are the delegations in force.
    pub fn right_of(&self, actor: &Account, proof: Proof, lent: &[Delegation]) -> Option<Right> {
        if self.owner.is(actor) {
            Some(Right::Owner)
        } else if self.approvers.cover(actor, proof.writes, proof.approver_by_team)
            || lent.iter().any(|delegation| delegation.to.id == actor.id)
        {
            Some(Right::Approver)
        } else if self.operators.cover(actor, proof.writes, proof.operator_by_team) {
            Some(Right::Operator)
        } else if includes(&self.readers, actor) || proof.belongs {
            Some(Right::Reader)
        } else {
            None
        }
    }
}

impl People {
    /// Every account that is named, with the key of the configuration that names it.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &NamedAccount)> {
        let owner = std::iter::once(("people.owner", &self.owner));
        owner
            .chain(self.approvers.names.iter().map(|name| ("people.approvers", name)))
            .chain(self.operators.names.iter().map(|name| ("people.operators", name)))
            .chain(self.readers.iter().map(|name| ("people.readers", name)))
            .chain(self.ignored.iter().map(|name| ("people.ignore", name)))
            .chain(self.agents.iter().map(|name| ("[[agent]] account", name)))
    }

    /// Puts what `seen` knows behind each name.
    pub fn know(&mut self, seen: impl Fn(&str) -> Option<Account>) {
        let lists = [&mut self.approvers.names, &mut self.operators.names, &mut self.readers]
            .into_iter()
            .chain([&mut self.ignored, &mut self.agents]);
        for named in std::iter::once(&mut self.owner).chain(lists.flatten()) {
            named.account = seen(&named.name);
        }
    }

    /// What everybody has who may write to a repository: so much, and no more, is proved by a text
    /// that any of them may have put into its author's mouth.
    pub fn right_of_writers(&self) -> Right {
        if self.approvers.writers {
            Right::Approver
        } else if self.operators.writers {
            Right::Operator
        } else {
            Right::Reader
        }
    }
}

/// How many of those who may give a command a refusal names.
const MOST_NAMED: usize = 3;

/// Who may give a command, as a refusal says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredRight {
    pub whom: String,
    /// Those of them who are known one by one, beside the owner: the first few.
    pub named: Vec<String>,
    /// Whether there are more of those, or may be.
    pub has_more: bool,
    /// The key of the configuration that gives the right; the owner's cannot be given.
    pub key: Option<String>,
}

impl People {
    /// Who may give a command that takes `right`. `lent` are the delegations in force.
    pub fn need(&self, right: Right, lent: &[Delegation]) -> RequiredRight {
        const WRITERS: &str = "people who may write to this repository";
        let (whom, key) = match right {
            Right::Reader => ("people of this repository", Some("people.readers")),
            Right::Operator if self.operators.writers => (WRITERS, Some("people.operators")),
            Right::Operator => ("the operators of this fleet", Some("people.operators")),
            Right::Approver if self.approvers.writers => (WRITERS, Some("people.approvers")),
            Right::Approver => ("the approvers of this fleet", Some("people.approvers")),
            Right::Owner => ("the owner of this fleet", None),
        };
        let mut named = match right {
            Right::Approver if !self.approvers.writers => self.approvers_by_name(lent),
            _ => Vec::new(),
        };
        // The members of a team are known to the forge alone.
        let by_team = right == Right::Approver && !self.approvers.teams.is_empty();
        let has_more = named.len() > MOST_NAMED || by_team;
        named.truncate(MOST_NAMED);
        RequiredRight { whom: whom.to_owned(), named, has_more, key: key.map(str::to_owned) }
    }

    /// Who may approve beside the owner, without those who may by a team.
    fn approvers_by_name(&self, lent: &[Delegation]) -> Vec<String> {
        let known = self.approvers.names.iter().filter_map(|named| named.account.as_ref());
        let all = known.chain(lent.iter().map(|delegation| &delegation.to));
        let mut logins: Vec<String> = Vec::new();
        for account in all.filter(|account| !self.owner.is(account)) {
            if !logins.contains(&account.login) {
                logins.push(account.login.clone());
            }
        }
        logins
    }
}

fn includes(names: &[NamedAccount], account: &Account) -> bool {
    names.iter().any(|named| named.is(account))
}

fn may_be(names: &[NamedAccount], account: &Account) -> bool {
    names.iter().any(|named| named.may_be(account))
}

#[cfg(test)]
mod tests {
    use crate::core::model::time::Timestamp;
    use crate::core::policy::authority::*;

    /// Everybody's number, by name.
    const NUMBERS: [(&str, i64); 6] =
        [("alexander", 1), ("anna", 2), ("otto", 3), ("rita", 4), ("renovate", 5), ("ezra", 6)];

    fn account(login: &str) -> Account {
        let known = NUMBERS.iter().find(|(name, _)| *name == login);
        Account { id: known.map_or(9, |(_, id)| *id), login: login.into() }
    }

    fn people() -> People {
        let mut people = People {
            owner: NamedAccount::unseen("Alexander"),
            approvers: Grants { names: vec![NamedAccount::unseen("anna")], ..Grants::default() },
            operators: Grants {
                names: vec![NamedAccount::unseen("otto")],
                writers: true,
                teams: vec![],
            },
            readers: vec![NamedAccount::unseen("rita")],
            ignored: vec![NamedAccount::unseen("renovate")],
            agents: vec![NamedAccount::unseen("ezra")],
        };
        people.know(|name| Some(account(&name.to_ascii_lowercase())));
        people
    }

    fn right(login: &str, proof: Proof) -> Option<Right> {
        people().right_of(&account(login), proof, &[])
    }

    #[test]
    fn names_come_before_proofs() {
        let nothing = Proof::default();
        assert_eq!(right("alexander", nothing), Some(Right::Owner));
        assert_eq!(right("anna", nothing), Some(Right::Approver));
        assert_eq!(right("otto", nothing), Some(Right::Operator));
        assert_eq!(right("rita", nothing), Some(Right::Reader));
        assert_eq!(right("rando", nothing), None);
    }

    #[test]
    fn a_right_belongs_to_the_number_behind_the_name() {
        let right = |id, login: &str| {
            people().right_of(&Account { id, login: login.into() }, Proof::default(), &[])
        };
        assert_eq!(right(1, "alex"), Some(Right::Owner));
        assert_eq!(right(9, "alexander"), None);
        let mut unseen = people();
        unseen.know(|_| None);
        assert_eq!(unseen.right_of(&account("alexander"), Proof::default(), &[]), None);
    }

    #[test]
    fn neither_an_agent_nor_who_took_its_name_commands() {
        for (id, login) in
            [(6, "ezra"), (6, "ezra-2"), (9, "ezra"), (5, "renamed"), (9, "Renovate")]
        {
            let account = Account { id, login: login.into() };
            assert!(people().is_ignored(&account), "{login}");
        }
        assert!(!people().is_ignored(&account("anna")));
    }

    #[test]
    fn writers_operate_only_where_the_configuration_says_so() {
        let writer = Proof { writes: true, belongs: true, ..Proof::default() };
        assert_eq!(right("walt", writer), Some(Right::Operator));
        let strict = People { operators: Grants::default(), ..people() };
        let walt = Account { id: 9, login: "walt".into() };
        assert_eq!(strict.right_of(&walt, writer, &[]), Some(Right::Reader));
    }

    #[test]
    fn who_approves_in_the_owners_place_is_known_by_number() {
        let stranger = Account { id: 9, login: "rando".into() };
        let lent = |id| Delegation {
            to: Account { id, login: "rando".into() },
            by: Account { id: 1, login: "alexander".into() },
            until: Timestamp::default(),
        };
        let right = |id| people().right_of(&stranger, Proof::default(), &[lent(id)]);
        assert_eq!(right(9), Some(Right::Approver));
        assert_eq!(right(10), None);
    }

    #[test]
    fn a_refusal_names_who_else_may_approve() {
        let lent = |id, login: &str| Delegation {
            to: Account { id, login: login.into() },
            by: account("alexander"),
            until: Timestamp::default(),
        };
        let named = |lent: &[Delegation]| people().need(Right::Approver, lent).named;
        assert_eq!(named(&[]), ["anna"]);
        assert_eq!(named(&[lent(2, "anna"), lent(7, "walt")]), ["anna", "walt"]);
        let many = [lent(7, "walt"), lent(8, "zoe"), lent(9, "uma")];
        let need = people().need(Right::Approver, &many);
        assert_eq!((need.named.len(), need.has_more), (3, true));
        assert_eq!(people().need(Right::Operator, &many).named, [""; 0]);
        assert!(!people().need(Right::Approver, &[]).has_more);
        let mut by_team = people();
        by_team
            .approvers
            .teams
            .push(TeamName { organisation: "door".into(), team: "keepers".into() });
        let need = by_team.need(Right::Approver, &[]);
        assert_eq!((need.named, need.has_more), (vec!["anna".to_owned()], true));
        let mut unseen = people();
        unseen.know(|_| None);
        assert_eq!(unseen.need(Right::Approver, &[]).named, [""; 0], "nobody has it by that name");
    }
}
