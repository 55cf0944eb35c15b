//! An account.

use serde::{Serialize, Serializer};

use super::{NO_TIME, Time, View, ZERO_TIME, object};
use crate::sandbox::world::people::address_of;
use crate::sandbox::world::records::{UserKind, UserRecord};

/// How much of an account is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    /// To everybody: a placeholder instead of the address, which an organisation does not need.
    Public,
    /// To nobody in particular: a placeholder of any account.
    Hidden,
    /// To whoever is signed in: the address.
    Signed,
    /// To the account itself and to site admins: everything.
    Own,
}

/// An account, as `user`, `sender`, `owner` and the like.
pub(crate) struct UserJson<'a> {
    view: View<'a>,
    user: &'a UserRecord,
    detail: Detail,
}

impl<'a> View<'a> {
    /// The account as the viewer may see it.
    pub(crate) fn user(self, id: i64) -> UserJson<'a> {
        let detail = match self.viewer {
            Some(viewer) if viewer == id || self.world.is_site_admin(viewer) => Detail::Own,
            Some(_) => Detail::Signed,
            None => Detail::Public,
        };
        UserJson { view: self, user: &self.world.users[&id], detail }
    }

    /// The account as somebody else who is signed in sees it, even if it is the viewer's own.
    pub(crate) fn user_seen_by_users(self, id: i64) -> UserJson<'a> {
        UserJson { view: self, user: &self.world.users[&id], detail: Detail::Signed }
    }

    /// The account, with a placeholder even where an organisation needs none.
    pub(super) fn hidden_user(self, id: i64) -> UserJson<'a> {
        UserJson { view: self, user: &self.world.users[&id], detail: Detail::Hidden }
    }

    /// The account as Gitea shows it to nobody in particular: in comments, as assignee, as
    /// sender.
    pub(crate) fn public_user(self, id: i64) -> UserJson<'a> {
        UserJson { view: self, user: &self.world.users[&id], detail: Detail::Public }
    }
}

impl UserJson<'_> {
    fn email(&self) -> String {
        let login = self.user.login.to_ascii_lowercase();
        let is_org = self.user.kind == UserKind::Organisation;
        match self.detail {
            Detail::Public | Detail::Signed | Detail::Own if is_org => String::new(),
            Detail::Public | Detail::Hidden
                if self.view.world.version.numbers_hidden_addresses() =>
            {
                format!("{}+{login}@noreply.localhost", self.user.id)
            }
            Detail::Public | Detail::Hidden => format!("{login}@noreply.localhost"),
            Detail::Signed | Detail::Own => address_of(&login),
        }
    }
}

impl Serialize for UserJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let user = self.user;
        let own = self.detail == Detail::Own && user.kind != UserKind::Organisation;
        object!(serializer, {
            "id": user.id,
            "login": user.login,
            "login_name": "",
            "source_id": 0,
            "full_name": "",
            "email": self.email(),
            "avatar_url": self.view.url(format_args!("/avatars/{}", user.avatar)),
            "html_url": self.view.url(format_args!("/{}", user.login)),
            "language": "",
            "is_admin": own && user.kind == UserKind::SiteAdmin,
            "last_login": if own { ZERO_TIME } else { NO_TIME },
            "created": Time(user.created),
            "restricted": false,
            "active": own,
            "prohibit_login": false,
            "location": "",
            "website": "",
            "description": "",
            "visibility": "public",
            "followers_count": 0,
            "following_count": 0,
            "starred_repos_count": 0,
            "username": user.login,
        })
    }
}
