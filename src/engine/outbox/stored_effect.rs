//! What a row of the outbox holds.

use crate::core::effect::Effect;
use crate::store::outbox::OutboxRow as Row;

/// What a row holds, or why this build cannot deliver it. An effect of a newer build is not waited
/// with: it would hold up its thread, and what it was decided from is old by then.
pub(super) fn effect_of(row: &Row) -> Result<Effect, String> {
    #[derive(serde::Deserialize)]
    struct EffectKind {
        #[serde(rename = "do")]
        kind: String,
    }
    serde_json::from_str(row.payload.get()).map_err(|error| {
        tracing::error!(effect = %row.key, %error, "stored by another version of timmy");
        let kind = serde_json::from_str(row.payload.get()).map_or_else(
            |_| "what it is to write".to_owned(),
            |EffectKind { kind }| format!("the effect `{}`", kind.replace('`', "'")),
        );
        let version = env!("CARGO_PKG_VERSION");
        format!("another version of timmy has stored it: {version} cannot read {kind}")
    })
}
