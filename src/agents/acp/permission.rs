//! What an agent may do without a question, and how its questions are answered. Pure.

use serde_json::{Map, Value, json};

use super::wire::{WireOption, WirePermissionRequest};
use crate::agents::question::question_about;
use crate::agents::redact::Redactor;
use crate::config::AcpPermission;

/// What it may do, by the kind of tool that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PermissionPolicy {
    pub(super) allowed: Vec<AcpPermission>,
    /// Whether the rest is denied; else a person is asked.
    pub(super) denies: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permitted {
    Yes,
    No,
    /// A person says.
    Asked,
}

impl PermissionPolicy {
    pub(super) fn of(&self, request: &WirePermissionRequest) -> Permitted {
        // What is of no kind is of the kind `other`. Kinds that nobody knows, and leaving the mode,
        // are nothing that anybody allowed.
        let kind =
            request.tool_call.kind.as_deref().map_or(Some(AcpPermission::Other), AcpPermission::of);
        match kind.is_some_and(|kind| self.allowed.contains(&kind)) {
            true => Permitted::Yes,
            false if self.denies => Permitted::No,
            false => Permitted::Asked,
        }
    }
}

/// The answer to a question: once, and never for a session or for good, since more was not asked of
/// anybody. Agents name their options as they like; what they mean, their kind tells.
pub(super) fn answer(options: &[WireOption], is_allowed: bool) -> Value {
    let kind = if is_allowed { "allow_once" } else { "reject_once" };
    match options.iter().find(|option| option.kind == kind) {
        Some(option) => {
            json!({ "outcome": { "outcome": "selected", "optionId": option.option_id } })
        }
        None => cancelled(),
    }
}

/// The answer to a question that nobody will answer any more.
pub(super) fn cancelled() -> Value {
    json!({ "outcome": { "outcome": "cancelled" } })
}

/// What people are asked, without what changes from one attempt to the next: `folder` is where this
/// one works.
pub(super) fn question(
    request: &WirePermissionRequest,
    folder: &str,
    redactor: &Redactor,
) -> String {
    let call = &request.tool_call;
    let kind = call.kind.as_deref().unwrap_or("other");
    let mut input = call.raw_input.clone();
    // A model describes the same command in other words each time.
    if let Some(fields) = input.as_object_mut() {
        fields.remove("description");
    }
    let command = input.get("command").and_then(Value::as_str).filter(|one| !one.trim().is_empty());
    if let Some(command) = command
        && input.as_object().is_some_and(|fields| fields.len() == 1)
    {
        return question_about(&within(command, folder), &within(command, folder), redactor);
    }
    let title = call.title.as_deref().filter(|title| !title.trim().is_empty());
    let does = command.or(title).unwrap_or("something that it does not name");
    let shown = within(&format!("{kind}: {does}"), folder);
    let mut whole = Map::new();
    whole.insert("title".to_owned(), json!(shown));
    whole.insert("input".to_owned(), input);
    whole.insert("content".to_owned(), call.content.clone());
    question_about(&shown, &within(&Value::Object(whole).to_string(), folder), redactor)
}

/// `text` with paths as they are from the folder on.
fn within(text: &str, folder: &str) -> String {
    match folder.trim_end_matches('/') {
        "" => text.to_owned(),
        folder => text.replace(&format!("{folder}/"), "").replace(folder, "."),
    }
}

#[cfg(test)]
mod tests {
    use crate::agents::acp::permission::*;

    fn request(call: Value) -> WirePermissionRequest {
        serde_json::from_value(json!({ "sessionId": "s", "toolCall": call, "options": [
            { "optionId": "allow_always", "kind": "allow_always", "name": "x" },
            { "optionId": "allow_session", "kind": "allow_always", "name": "x" },
            { "optionId": "reject", "kind": "allow_once", "name": "x" },
            { "optionId": "once", "kind": "reject_once", "name": "x" },
        ] }))
        .unwrap()
    }

    fn asked(call: Value) -> String {
        question(&request(call), "/timmy/checkout", &Redactor::default())
    }

    #[test]
    fn what_is_allowed_is_told_by_its_kind() {
        let policy = |denies| PermissionPolicy {
            allowed: vec![AcpPermission::Read, AcpPermission::Other],
            denies,
        };
        for (kind, permitted) in [
            (json!("read"), Permitted::Yes),
            (json!("other"), Permitted::Yes),
            (json!(null), Permitted::Yes),
            (json!("execute"), Permitted::Asked),
            (json!("switch_mode"), Permitted::Asked),
            (json!("of a later version"), Permitted::Asked),
        ] {
            let asks = request(json!({ "toolCallId": "1", "kind": kind }));
            assert_eq!(policy(false).of(&asks), permitted, "{kind}");
        }
        let asks = request(json!({ "toolCallId": "1", "kind": "execute" }));
        assert_eq!(policy(true).of(&asks), Permitted::No);
    }

    #[test]
    fn an_option_is_chosen_by_its_kind_and_never_for_good() {
        let options = request(json!({})).options;
        let chosen = |id: &str| json!({ "outcome": { "outcome": "selected", "optionId": id } });
        assert_eq!(answer(&options, true), chosen("reject"));
        assert_eq!(answer(&options, false), chosen("once"));
        assert_eq!(answer(&options[..2], true), cancelled());
        assert_eq!(answer(&[], false), cancelled());
    }

    #[test]
    fn a_question_is_the_same_in_the_next_attempt_and_stands_for_one_thing() {
        let command = |text: &str, described: &str| {
            asked(json!({ "kind": "execute", "title": "x",
                "rawInput": { "command": text, "description": described } }))
        };
        assert_eq!(command("rm -rf ./junk", "recursive delete"), "rm -rf ./junk");
        assert_eq!(command("rm -rf /timmy/checkout/junk", "as it likes"), "rm -rf junk");
        let elsewhere = asked(json!({ "kind": "execute", "title": "ls",
            "rawInput": { "command": "ls", "cwd": "/" } }));
        assert!(elsewhere.starts_with("execute: ls [sha256 "), "{elsewhere}");
        let edit = |text: &str| {
            asked(json!({ "kind": "edit", "title": "/timmy/checkout/out.txt",
                "content": [{ "type": "diff", "path": "/timmy/checkout/out.txt", "newText": text }] }))
        };
        assert!(edit("a").starts_with("edit: out.txt [sha256 "), "{}", edit("a"));
        assert_ne!(edit("a"), edit("b"));
        assert!(asked(json!({})).starts_with("other: something that it does not name"));
    }
}
