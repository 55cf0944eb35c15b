//! The messages on the wire: JSON-RPC 2.0, and of the protocol's first version what is read here.

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The version that is spoken. All agents that were tried answer with it, whatever they are offered.
pub(super) const VERSION: u64 = 1;

pub(super) const METHOD_NOT_FOUND: i64 = -32601;
/// The longest name of a request, a call or an option, in bytes.
pub(super) const LONGEST_ID: usize = 256;

pub(super) const NOT_LOGGED_IN: i64 = -32000;

/// One line from the agent.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum WireMessage {
    Answer { id: u64, given: Result<Value, WireError> },
    Request { id: Value, method: String, params: Value },
    Notification { method: String, params: Value },
}

#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireError {
    pub(super) code: i64,
    pub(super) message: String,
    pub(super) data: Value,
}

impl WireMessage {
    /// What a line says; none if it is no message.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let mut fields: Map<String, Value> = serde_json::from_slice(line).ok()?;
        let id = fields.remove("id").filter(|id| !id.is_null());
        if let Some(method) = fields.remove("method") {
            let (method, params) = (method.as_str()?.to_owned(), take(&mut fields, "params"));
            return Some(match id {
                Some(id) => Self::Request { id: short_id(id)?, method, params },
                None => Self::Notification { method, params },
            });
        }
        let id = id?.as_u64()?;
        let given = match fields.remove("error").filter(|error| !error.is_null()) {
            Some(error) => Err(serde_json::from_value(error).unwrap_or_default()),
            None if fields.contains_key("result") => Ok(take(&mut fields, "result")),
            None => return None,
        };
        Some(Self::Answer { id, given })
    }
}

/// The id of a request, which has to be kept until that is answered; none if it is no id.
fn short_id(id: Value) -> Option<Value> {
    let is_short = id.as_str().map_or(id.is_number(), |text| text.len() <= LONGEST_ID);
    is_short.then_some(id)
}

fn take(fields: &mut Map<String, Value>, name: &str) -> Value {
    fields.remove(name).unwrap_or_default()
}

/// What `initialize` is asked with: this client can read and write no files and run nothing, since
/// the agent does all of that itself, where it is kept in.
pub(super) fn initialize() -> Value {
    json!({
        "protocolVersion": VERSION,
        "clientCapabilities": {
            "fs": { "readTextFile": false, "writeTextFile": false },
            "terminal": false,
        },
        "clientInfo": {
            "name": "timmy", "title": "timmy", "version": env!("CARGO_PKG_VERSION"),
        },
    })
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireInitialized {
    pub(super) protocol_version: u64,
    pub(super) agent_info: Option<WireAgentInfo>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct WireAgentInfo {
    pub(super) name: String,
    pub(super) version: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireNewSession {
    pub(super) session_id: String,
    pub(super) modes: Option<WireModes>,
    #[serde(default)]
    pub(super) config_options: Option<Vec<WireConfigOption>>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireModes {
    pub(super) available_modes: Vec<WireMode>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct WireMode {
    pub(super) id: String,
}

/// Something that can be chosen for a session.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireConfigOption {
    pub(super) id: String,
    #[serde(default)]
    pub(super) category: Option<String>,
    #[serde(default)]
    pub(super) current_value: Value,
    #[serde(default)]
    options: Value,
}

impl WireConfigOption {
    /// The values that can be chosen, in groups or not.
    pub(super) fn values(&self) -> Vec<String> {
        let mut values = Vec::new();
        for option in self.options.as_array().into_iter().flatten() {
            let group = option.get("options").and_then(Value::as_array);
            for one in group.into_iter().flatten().chain([option]) {
                values.extend(one.get("value").and_then(Value::as_str).map(str::to_owned));
            }
        }
        values
    }
}

/// A question whether something may be done.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WirePermissionRequest {
    pub(super) session_id: String,
    pub(super) tool_call: WireToolCall,
    pub(super) options: Vec<WireOption>,
}

/// A call of a tool, or what changed of one.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireToolCall {
    pub(super) tool_call_id: String,
    pub(super) title: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) status: Option<String>,
    pub(super) raw_input: Value,
    pub(super) raw_output: Value,
    pub(super) content: Value,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireOption {
    pub(super) option_id: String,
    pub(super) kind: String,
}

/// What an agent tells of a session while it works.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireSessionUpdate {
    pub(super) session_id: String,
    pub(super) update: WireUpdate,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "sessionUpdate", rename_all = "snake_case")]
pub(super) enum WireUpdate {
    AgentMessageChunk {
        content: Value,
    },
    AgentThoughtChunk {
        content: Value,
    },
    ToolCall(WireToolCall),
    ToolCallUpdate(WireToolCall),
    UsageUpdate {
        cost: Option<WireCost>,
    },
    /// The agent put itself into another mode.
    CurrentModeUpdate {
        #[serde(rename = "currentModeId")]
        mode: String,
    },
    ConfigOptionUpdate {
        #[serde(rename = "configOptions")]
        options: Vec<WireConfigOption>,
    },
    #[serde(other)]
    Other,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct WireCost {
    pub(super) amount: f64,
    #[serde(default)]
    pub(super) currency: String,
}

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireTurnEnd {
    pub(super) stop_reason: String,
    #[serde(default)]
    pub(super) usage: Option<WireTokens>,
}

/// The tokens of a turn, or of its session so far: one prompt is all that a session gets here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct WireTokens {
    pub(super) input_tokens: u64,
    pub(super) output_tokens: u64,
    pub(super) total_tokens: u64,
}

/// The text in a piece of content, in a list of pieces, or in what a tool gave.
pub(super) fn text_in(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(pieces) => {
            let texts = pieces.iter().map(text_in).filter(|text| !text.is_empty());
            texts.collect::<Vec<_>>().join("\n")
        }
        Value::Object(fields) => match fields.get("text").or_else(|| fields.get("content")) {
            Some(inside) => text_in(inside),
            None => String::new(),
        },
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::agents::acp::wire::*;

    #[test]
    fn a_line_is_one_of_three_messages_or_none() {
        let read = |line: &str| WireMessage::read(line.as_bytes());
        assert_eq!(
            read(r#"{"jsonrpc":"2.0","id":3,"result":null}"#),
            Some(WireMessage::Answer { id: 3, given: Ok(Value::Null) })
        );
        let refused =
            read(r#"{"id":3,"error":{"code":-32000,"message":"Authentication required"}}"#);
        let Some(WireMessage::Answer { given: Err(error), .. }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!((error.code, error.message.as_str()), (-32000, "Authentication required"));
        let asked = read(r#"{"id":"x","method":"fs/read_text_file","params":{"path":"/"}}"#);
        assert!(matches!(asked, Some(WireMessage::Request { .. })), "{asked:?}");
        let told = read(r#"{"method":"session/update"}"#);
        assert!(matches!(told, Some(WireMessage::Notification { .. })), "{told:?}");
        for nonsense in [
            "",
            "hello",
            "[]",
            "{}",
            r#"{"id":3}"#,
            r#"{"id":-3,"result":1}"#,
            r#"{"method":7}"#,
            r#"{"id":"3","result":{}}"#,
        ] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn content_is_read_as_text() {
        let of_tool = json!([{ "type": "content", "content": { "type": "text", "text": "a" } },
            { "type": "diff", "path": "x", "newText": "n" }, { "type": "text", "text": "b" }]);
        assert_eq!(text_in(&of_tool), "a\nb");
        assert_eq!(text_in(&json!({ "type": "image" })), "");
    }

    #[test]
    fn values_are_found_in_groups_too() {
        let option: WireConfigOption = serde_json::from_value(json!({
            "id": "mode", "category": "mode", "type": "select", "currentValue": "a",
            "options": [{ "value": "a" }, { "group": "g", "options": [{ "value": "b" }] }],
        }))
        .unwrap();
        assert_eq!(option.values(), ["a", "b"]);
    }
}
