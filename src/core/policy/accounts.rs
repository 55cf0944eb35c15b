//! Names are not people: an account can be renamed, and its name can be given to another.

use crate::core::model::account::Account;

/// What has become of an account that the configuration names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountStatus {
    /// It is called what it was always called.
    Same,
    /// It is called otherwise now.
    Renamed {
        name: String,
        /// What it is called now.
        now: String,
    },
    /// Another account has its name.
    Replaced {
        name: String,
        /// The account that is meant, as it was last called.
        meant: Account,
        /// The number of the account that has the name now.
        by: i64,
    },
}

impl AccountStatus {
    /// How the account `meant`, which the configuration calls `name`, stands: `holder` has that
    /// name now, if anybody has.
    pub fn of(name: &str, meant: &Account, holder: Option<&Account>) -> Self {
        match holder {
            Some(holder) if holder.is(name) && holder.id != meant.id => {
                Self::Replaced { name: name.to_owned(), meant: meant.clone(), by: holder.id }
            }
            _ if !meant.is(name) => {
                Self::Renamed { name: name.to_owned(), now: meant.login.clone() }
            }
            _ => Self::Same,
        }
    }

    /// What is wrong, in a sentence; `key` of the configuration names the account. None if
    /// nothing is.
    pub fn problem(&self, key: &str) -> Option<String> {
        match self {
            Self::Same => None,
            Self::Renamed { name, now } => Some(format!(
                "{key} names {name}, which is called {now} now: it is still the one that is meant"
            )),
            Self::Replaced { name, meant, by } => Some(format!(
                "{key} names {name}, which is another account than before: number {by}, and it was \
                 number {}; it has no right by that name",
                meant.id
            )),
        }
    }

    /// What to do about it. None if nothing is wrong.
    pub fn remedy(&self, key: &str) -> Option<String> {
        let write = |login: &str| format!("write {login} into {key} and start timmy again");
        match self {
            Self::Same => None,
            Self::Renamed { now, .. } => Some(write(now)),
            Self::Replaced { name, meant, .. } => {
                let accept = format!(
                    "stop timmy serve, say timmy doctor --accept-account {name}, and start it again"
                );
                Some(match meant.is(name) {
                    true => format!("if the new account is the right one: {accept}"),
                    false => format!(
                        "the one that was meant is called {}: {}; or, if the new account is the \
                         right one, {accept}",
                        meant.login,
                        write(&meant.login)
                    ),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::policy::accounts::*;

    fn account(id: i64, login: &str) -> Account {
        Account { id, login: login.to_owned() }
    }

    #[test]
    fn a_name_that_changed_hands_is_told_from_an_account_that_changed_its_name() {
        let of =
            |meant: &Account, holder: Option<&Account>| AccountStatus::of("anna", meant, holder);
        let (anna, anne, other) = (account(2, "Anna"), account(2, "anne"), account(9, "anna"));
        assert_eq!(of(&anna, Some(&anna)), AccountStatus::Same);
        assert_eq!(of(&anna, None), AccountStatus::Same);
        let renamed = AccountStatus::Renamed { name: "anna".into(), now: "anne".into() };
        assert_eq!(of(&anne, None), renamed);
        // Gitea leads from the former name to the present one.
        assert_eq!(of(&anne, Some(&anne)), renamed);
        for meant in [anna, anne] {
            let replaced =
                AccountStatus::Replaced { name: "anna".into(), meant: meant.clone(), by: 9 };
            assert_eq!(of(&meant, Some(&other)), replaced);
        }
    }
}
