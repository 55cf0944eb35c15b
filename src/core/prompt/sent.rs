//! The prompt in a request that was sent: each kind of agent packs it in its own way.

use serde_json::{Map, Value};

/// What an attempt was told, out of the request that was sent; all of it where nothing looks like that.
pub fn sent_prompt(request: &str) -> String {
    let inner = |request: &str| {
        let fields: Map<String, Value> = serde_json::from_str(request).ok()?;
        let told =
            ["body", "input", "prompt"].iter().find_map(|name| fields.get(*name)?.as_str())?;
        Some(told.to_owned())
    };
    let mut told = request.to_owned();
    while let Some(inside) = inner(&told) {
        told = inside;
    }
    told
}

#[cfg(test)]
mod tests {
    use crate::core::prompt::sent::*;

    #[test]
    fn a_request_is_shown_as_the_prompt_that_it_holds() {
        let request = r#"{"key":"k","body":"{\"body\":\"{\\\"input\\\":\\\"Mend\\\\nit\\\"}\"}"}"#;
        assert_eq!(sent_prompt(request), "Mend\nit");
        assert_eq!(sent_prompt("{\"turns\":3}"), "{\"turns\":3}");
    }
}
