//! Chat completions as they go over the wire. Nothing beside this folder sees these types.

use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

/// A request for the model's next answer.
#[derive(Debug, Serialize)]
pub(super) struct ChatRequest<'a> {
    pub(super) model: &'a str,
    pub(super) messages: &'a [ChatMessage],
    pub(super) tools: &'a RawValue,
    pub(super) tool_choice: &'static str,
    pub(super) stream: bool,
    /// Without it a stream says nothing of what it cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stream_options: Option<StreamOptions>,
}

#[derive(Debug, Serialize)]
pub(super) struct StreamOptions {
    pub(super) include_usage: bool,
}

/// One message of the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub(super) enum ChatMessage {
    System {
        content: String,
    },
    User {
        content: String,
    },
    Assistant {
        content: String,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<SentCall>,
    },
    Tool {
        tool_call_id: String,
        content: String,
    },
}

impl ChatMessage {
    /// How many bytes of text it holds.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::System { content } | Self::User { content } | Self::Tool { content, .. } => {
                content.len()
            }
            Self::Assistant { content, tool_calls } => {
                let calls = tool_calls.iter().map(|call| call.function.arguments.len() + 64);
                content.len() + calls.sum::<usize>()
            }
        }
    }
}

/// A call of the model's, as it is sent back to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct SentCall {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) function: SentFunction,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct SentFunction {
    pub(super) name: String,
    pub(super) arguments: String,
}

/// A piece of a streamed answer, or a whole one from a server that does not stream.
#[derive(Debug, Deserialize)]
pub(super) struct CompletionChunk {
    #[serde(default)]
    pub(super) choices: Option<Vec<WireChoice>>,
    #[serde(default)]
    pub(super) usage: Option<WireUsage>,
    /// Where Groq tells usage.
    #[serde(default)]
    pub(super) x_groq: Option<WireGroq>,
    /// A failure in the middle of a stream.
    #[serde(default)]
    pub(super) error: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireGroq {
    #[serde(default)]
    pub(super) usage: Option<WireUsage>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireChoice {
    #[serde(default, alias = "message")]
    pub(super) delta: Option<WireDelta>,
    #[serde(default)]
    pub(super) finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct WireDelta {
    #[serde(default)]
    pub(super) content: Option<String>,
    #[serde(default)]
    pub(super) tool_calls: Option<Vec<WireCall>>,
}

/// A call, or a piece of one. Servers differ in what they leave out: see `answer`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct WireCall {
    #[serde(default)]
    pub(super) index: Option<u64>,
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) function: Option<WireFunction>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct WireFunction {
    #[serde(default)]
    pub(super) name: Option<String>,
    /// A text that holds JSON; some servers send the JSON itself.
    #[serde(default)]
    pub(super) arguments: Option<Value>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct WireUsage {
    #[serde(default)]
    pub(super) prompt_tokens: Option<u64>,
    #[serde(default)]
    pub(super) completion_tokens: Option<u64>,
}

/// The models that a server has.
#[derive(Debug, Deserialize)]
pub(super) struct WireModels {
    pub(super) data: Vec<WireModel>,
}

#[derive(Debug, Deserialize)]
pub(super) struct WireModel {
    pub(super) id: String,
    /// Groq's word for whether it can be used.
    #[serde(default)]
    pub(super) active: Option<bool>,
}
