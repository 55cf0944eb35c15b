//! A webhook, as its settings show it: the secret is never shown.

use serde::{Serialize, Serializer};

use super::{Time, View, object};
use crate::sandbox::world::records::HookRecord;

pub(crate) struct HookJson<'a> {
    view: View<'a>,
    hook: &'a HookRecord,
}

impl<'a> View<'a> {
    pub(crate) fn hook(self, hook: &'a HookRecord) -> HookJson<'a> {
        HookJson { view: self, hook }
    }
}

impl HookJson<'_> {
    fn events(&self) -> Vec<&'static str> {
        let listed = |event: &&'static str| match *event {
            "pull_request_review" => self.view.world.version.events_of_reviews().to_vec(),
            event => vec![event],
        };
        self.hook.events.iter().flat_map(listed).collect()
    }
}

impl Serialize for HookJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let hook = self.hook;
        let version = self.view.world.version;
        let header = hook.authorization.as_str();
        object!(serializer, {
            "id": hook.id,
            "name"? version.names_hooks().then_some(""),
            "type": "gitea",
            "branch_filter": "",
            "config": ConfigJson(hook),
            "events": self.events(),
            "authorization_header": if version.hides_authorization_headers() { "" } else { header },
            "active": hook.active,
            "updated_at": Time(hook.updated),
            "created_at": Time(hook.created),
        })
    }
}

struct ConfigJson<'a>(&'a HookRecord);

impl Serialize for ConfigJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        object!(serializer, { "content_type": self.0.content.name(), "url": self.0.url })
    }
}
