//! What a row of the outbox holds, and where it is written.

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

/// The row in the lane of the thread in which it is written: with what it says of the forge all the
/// rest goes by that. In whose order it is delivered was settled before.
pub(super) fn in_its_place(row: &Row) -> Row {
    let elsewhere = effect_of(row).ok().and_then(|effect| effect.elsewhere());
    Row { lane: elsewhere.map_or(row.lane, Into::into), ..row.clone() }
}
