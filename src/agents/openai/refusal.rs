//! What a server means that does not answer as it should.

use std::time::Duration;

use serde_json::Value;

use crate::agents::brief::{one_line, shortened};

/// The most of a server's words that is kept, in characters.
const LONGEST_WORDS: usize = 300;

/// The most of a failed call that goes back to its model, in characters.
const LONGEST_GENERATION: usize = 2_000;

/// Why there is no answer of the model. Texts are one line, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CompletionError {
    /// Nobody could be reached: nothing was sent. `is_refused`: the host is there.
    Unreachable {
        is_refused: bool,
        words: String,
    },
    /// The server failed, and said nothing of an answer: it may be asked again.
    Failed(String),
    /// The answer broke off: it may be asked again, and has cost something.
    Broken(String),
    /// It asks for fewer requests, for so long where it says.
    Limited {
        wait: Option<Duration>,
        words: String,
    },
    /// The account has nothing left to spend: no short waiting helps.
    NothingLeft {
        wait: Option<Duration>,
        words: String,
    },
    BadKey,
    ModelGone(String),
    /// The model called a tool in a way that the server could not read, and what it wrote.
    BadCall {
        words: String,
        generation: String,
    },
    /// The conversation is longer than the model takes.
    TooLong(String),
    /// It does not know the option by which streams tell their usage.
    NoStreamUsage,
    /// It does not take the request, whatever else happens.
    BadRequest(String),
    /// The answer is beyond all bounds, or none at all.
    Garbage(String),
}

/// What a refusal with `status` and `body` means. `wait` is what its headers say.
pub(super) fn refusal(status: u16, wait: Option<Duration>, body: &[u8]) -> CompletionError {
    let said = ServerWords::read(body);
    let words = said.words(status);
    match status {
        401 | 403 => CompletionError::BadKey,
        402 => CompletionError::NothingLeft { wait, words },
        404 if said.is_about_the_model() => CompletionError::ModelGone(words),
        404 | 405 => CompletionError::BadRequest(format!(
            "there are no chat completions at this address ({words}): check the agent's `url`"
        )),
        413 => CompletionError::TooLong(words),
        429 if said.is_spent() => CompletionError::NothingLeft { wait, words },
        429 => CompletionError::Limited { wait, words },
        503 if wait.is_some() => CompletionError::Limited { wait, words },
        408 | 409 | 425 | 500.. => CompletionError::Failed(words),
        _ if said.is_failed_call() => {
            let generation = shortened(&said.generation, LONGEST_GENERATION);
            CompletionError::BadCall { words, generation }
        }
        _ if said.is_gone() => CompletionError::ModelGone(words),
        _ if said.is_too_long() => CompletionError::TooLong(words),
        _ if said.message.contains("stream_options") => CompletionError::NoStreamUsage,
        _ => CompletionError::BadRequest(words),
    }
}

/// What an error within a stream means.
pub(super) fn stream_failure(error: &Value) -> CompletionError {
    let body = serde_json::json!({ "error": error }).to_string();
    let number = |key: &str| error.get(key).and_then(Value::as_u64).and_then(|n| n.try_into().ok());
    let status = number("status").or_else(|| number("status_code")).or_else(|| number("code"));
    let said = ServerWords::read(body.as_bytes());
    let is_request = said.is_failed_call() || said.is_gone() || said.is_too_long();
    let status: u16 = match status {
        Some(status @ 400..=599) => status,
        _ if is_request => 400,
        _ => 500,
    };
    match refusal(status, None, body.as_bytes()) {
        CompletionError::Failed(words) => CompletionError::Broken(words),
        error => error,
    }
}

/// The words of a server, in whichever form it has: `{"error": {...}}`, `{"error": "text"}`,
/// `{"message": ...}`, `{"detail": ...}`, or no JSON at all.
#[derive(Debug, Default)]
struct ServerWords {
    message: String,
    code: String,
    generation: String,
}

impl ServerWords {
    fn read(body: &[u8]) -> Self {
        let Ok(json) = serde_json::from_slice::<Value>(body) else {
            let message = String::from_utf8_lossy(&body[..body.len().min(4 * LONGEST_WORDS)]);
            return Self { message: message.into_owned(), ..Self::default() };
        };
        let error = json.get("error").unwrap_or(&json);
        let text = |key: &str| match error.get(key) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        let message = match error {
            Value::String(text) => text.clone(),
            _ => [text("message"), text("detail")].concat(),
        };
        let code = [text("code"), text("type")].join(" ");
        Self { message, code, generation: text("failed_generation") }
    }

    fn words(&self, status: u16) -> String {
        let message = shortened(&one_line(&self.message), LONGEST_WORDS);
        if message.is_empty() { format!("status {status}") } else { format!("{status}: {message}") }
    }

    fn says(&self, words: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        words.iter().any(|word| message.contains(word))
    }

    fn is_failed_call(&self) -> bool {
        self.code.contains("tool_use_failed") || !self.generation.is_empty()
    }

    fn is_gone(&self) -> bool {
        ["model_not_found", "model_decommissioned"].iter().any(|code| self.code.contains(code))
    }

    fn is_about_the_model(&self) -> bool {
        self.is_gone() || self.says(&["model"])
    }

    fn is_spent(&self) -> bool {
        self.code.contains("insufficient_quota") || self.code.contains("billing")
    }

    fn is_too_long(&self) -> bool {
        self.code.contains("context_length_exceeded")
            || self.says(&[
                "context length",
                "context window",
                "reduce the length",
                "too many tokens",
            ])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::agents::openai::refusal::*;

    fn refused(status: u16, body: &Value) -> CompletionError {
        refusal(status, None, body.to_string().as_bytes())
    }

    #[test]
    fn a_model_that_is_gone_is_known_by_code_or_words() {
        for (status, body) in [
            (
                404,
                json!({ "error": { "message": "The model `x` does not exist or you do not have access to it.", "type": "invalid_request_error", "code": "model_not_found" } }),
            ),
            (
                400,
                json!({ "error": { "message": "The model `x` has been decommissioned", "code": "model_decommissioned" } }),
            ),
            (
                404,
                json!({ "error": { "message": "model \"x\" not found, try pulling it first", "type": "api_error", "code": null } }),
            ),
            (
                404,
                json!({ "object": "error", "message": "The model `x` does not exist.", "type": "NotFoundError", "code": 404 }),
            ),
        ] {
            assert!(matches!(refused(status, &body), CompletionError::ModelGone(_)), "{body}");
        }
        let elsewhere = refused(404, &json!({ "detail": "Not Found" }));
        assert!(matches!(elsewhere, CompletionError::BadRequest(said) if said.contains("`url`")));
    }

    #[test]
    fn a_call_that_failed_comes_with_what_was_written() {
        let body = json!({ "error": {
            "message": "Failed to call a function. Please adjust your prompt.",
            "type": "invalid_request_error", "code": "tool_use_failed",
            "failed_generation": "<function=read>{\"path\": }</function>",
        } });
        let CompletionError::BadCall { words, generation } = refused(400, &body) else {
            panic!("another error");
        };
        assert_eq!(words, "400: Failed to call a function. Please adjust your prompt.");
        assert_eq!(generation, "<function=read>{\"path\": }</function>");
        assert_eq!(stream_failure(&body["error"]), refused(400, &body));
    }

    #[test]
    fn refusals_are_told_apart() {
        let said =
            |message: &str, code: &str| json!({ "error": { "message": message, "code": code } });
        assert_eq!(refused(401, &said("no", "invalid_api_key")), CompletionError::BadKey);
        let wait = Some(Duration::from_secs(3));
        let limited = refusal(429, wait, said("Rate limit reached", "x").to_string().as_bytes());
        assert!(matches!(limited, CompletionError::Limited { wait: found, .. } if found == wait));
        let spent = refused(429, &said("You exceeded your current quota", "insufficient_quota"));
        assert!(matches!(spent, CompletionError::NothingLeft { .. }));
        for long in [
            refused(413, &said("Request too large for model", "rate_limit_exceeded")),
            refused(400, &said("This model's maximum context length is 8192 tokens", "")),
            stream_failure(&json!({ "message": "Please reduce the length of the messages" })),
        ] {
            assert!(matches!(long, CompletionError::TooLong(_)), "{long:?}");
        }
        assert_eq!(
            refused(400, &said("Unknown argument: stream_options", "")),
            CompletionError::NoStreamUsage
        );
        assert!(matches!(refusal(502, None, b"<html>Bad Gateway"), CompletionError::Failed(_)));
        assert!(matches!(stream_failure(&json!({ "code": 429 })), CompletionError::Limited { .. }));
        assert!(matches!(stream_failure(&json!("overloaded")), CompletionError::Broken(_)));
    }

    #[test]
    fn words_are_one_short_line() {
        let said = json!({ "error": format!("a\n\u{1b}b {}", "x".repeat(1000)) });
        let CompletionError::BadRequest(words) = refused(400, &said) else { panic!("another") };
        assert!(words.starts_with("400: a b xxx") && words.chars().count() < 320, "{words}");
    }
}
