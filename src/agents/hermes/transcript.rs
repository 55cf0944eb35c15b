//! What a session holds, as a transcript.

use super::wire::{WireSessionMessage, text_of};
use crate::agents::redact::Redactor;
use crate::agents::transcript::{Speaker, Transcript, TranscriptEntry};
use crate::core::model::time::Timestamp;

/// The messages of a session in order, with the calls of tools.
pub(super) fn transcript(messages: &[WireSessionMessage], redactor: &Redactor) -> Transcript {
    let mut transcript = Transcript::default();
    for message in messages {
        let at = message.timestamp.and_then(moment);
        let speaker = match message.role.as_str() {
            "user" | "system" => Speaker::Asked,
            "tool" => Speaker::ToolResult,
            _ => Speaker::Agent,
        };
        let mut push = |speaker, text: String| {
            transcript.push(redactor, TranscriptEntry { at, speaker, text });
        };
        let said = text_of(&message.content);
        if !said.is_empty() {
            push(speaker, said);
        }
        for call in message.tool_calls.iter().flatten() {
            let arguments = text_of(&call.function.arguments);
            push(Speaker::ToolCall, format!("{} {arguments}", call.function.name));
        }
    }
    transcript
}

/// Seconds since 1970 as a moment; none for what is no time.
fn moment(seconds: f64) -> Option<Timestamp> {
    let micros = seconds * 1e6;
    (micros.is_finite() && micros.abs() < 1e18).then(|| Timestamp::from_micros(micros as i64))
}

#[cfg(test)]
mod tests {
    use crate::agents::hermes::transcript::*;
    use crate::agents::hermes::wire::WireMessages;

    #[test]
    fn a_session_reads_as_it_went() {
        let recorded = r#"{"object":"list","data":[
            {"id":1,"role":"user","content":"do it","tool_calls":null,"timestamp":1795351347.845795},
            {"id":2,"role":"assistant","content":"","tool_calls":[{"id":"call_4","type":"function",
             "function":{"name":"terminal","arguments":"{\"command\": \"sleep 30\"}"}}]},
            {"id":3,"role":"tool","content":"{\"output\": \"the s3cret-key-of-it\"}"},
            {"id":4,"role":"assistant","content":[{"type":"text","text":"done"}]}]}"#;
        let WireMessages { data } = serde_json::from_str(recorded).unwrap();
        let transcript = transcript(&data, &Redactor::new(["s3cret-key-of-it"]));
        let told: Vec<(Speaker, &str)> =
            transcript.parts().0.iter().map(|entry| (entry.speaker, entry.text.as_str())).collect();
        assert_eq!(
            told,
            [
                (Speaker::Asked, "do it"),
                (Speaker::ToolCall, "terminal {\"command\": \"sleep 30\"}"),
                (Speaker::ToolResult, "{\"output\": \"the [secret]\"}"),
                (Speaker::Agent, "done"),
            ]
        );
        assert_eq!(transcript.parts().0[0].at, Some(Timestamp::from_micros(1_795_351_347_845_795)));
        assert_eq!((moment(f64::NAN), moment(1e300)), (None, None));
    }
}
