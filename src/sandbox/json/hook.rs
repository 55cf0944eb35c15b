//! A webhook, as its settings show it: the secret is never told.

use serde::{Serialize, Serializer};

use super::{Time, object};
use crate::sandbox::world::records::Hook;

/// A webhook.
pub(crate) struct HookJson<'a>(pub(crate) &'a Hook);

impl Serialize for HookJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hook = self.0;
        object!(serializer, {
            "id": hook.id,
            "type": "gitea",
            "branch_filter": "",
            "config": ConfigJson(hook),
            "events": hook.events,
            "authorization_header": "",
            "active": hook.active,
            "updated_at": Time(hook.updated),
            "created_at": Time(hook.created),
        })
    }
}

struct ConfigJson<'a>(&'a Hook);

impl Serialize for ConfigJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, { "content_type": self.0.content.name(), "url": self.0.url })
    }
}
