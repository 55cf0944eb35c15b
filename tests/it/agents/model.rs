//! The stand-in for language models does what its marks say.

use serde_json::{Value, json};

use crate::support::model::{MODEL, Model};

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// What `model` answers, as status and text.
async fn ask(model: &Model, body: &Value) -> Result<(u16, String), reqwest::Error> {
    let url = format!("{}/chat/completions", model.url());
    let answer = client().post(url).header("Authorization", "Bearer k").body(body.to_string());
    let answer = answer.send().await?;
    Ok((answer.status().as_u16(), answer.text().await?))
}

fn talk(prompt: &str, behind: &[Value]) -> Value {
    let mut messages = vec![json!({ "role": "user", "content": prompt })];
    messages.extend_from_slice(behind);
    json!({ "model": MODEL, "messages": messages, "tools": [{ "type": "function" }] })
}

fn said(answer: Result<(u16, String), reqwest::Error>) -> Value {
    let body: Value = serde_json::from_str(&answer.unwrap().1).unwrap();
    body["choices"][0]["message"].clone()
}

#[tokio::test]
async fn it_says_its_script_one_mark_after_the_other() {
    let model = Model::start().await;
    let prompt = "[[tool:ls]] [[call x2:write {\"path\":]][[also:finish {}]] [[say:done]]";
    let first = said(ask(&model, &talk(prompt, &[])).await);
    assert_eq!(first["tool_calls"][0]["function"]["arguments"], "{\"command\":\"ls\"}");
    let behind = [first, json!({ "role": "tool", "content": "a b" })];
    let second = said(ask(&model, &talk(prompt, &behind)).await);
    let names: Vec<&Value> = second["tool_calls"].as_array().unwrap().iter().collect();
    assert_eq!(names.len(), 3);
    assert_eq!(names[0]["function"]["arguments"], "{\"path\":");
    let behind = [&behind[..], &[second, json!({ "role": "tool", "content": "c" })]].concat();
    assert_eq!(said(ask(&model, &talk(prompt, &behind)).await)["content"], "done");
    let behind = [&behind[..], &[json!({ "role": "assistant", "content": "done" })]].concat();
    let echo = said(ask(&model, &talk(prompt, &behind)).await);
    assert_eq!(echo["content"], "echo: done");
    assert_eq!(model.asked()[0].authorization.as_deref(), Some("Bearer k"));
    assert_eq!(model.asked()[0].body, talk(prompt, &[]));
    assert!(model.asked()[0].path.ends_with("/v1/chat/completions"));
}

#[tokio::test]
async fn failures_pass_unless_they_are_for_always() {
    let model = Model::start().await;
    let prompt =
        "[[status:429]][[refuse:tool_use_failed x]][[drop]][[garbage]][[cut:a b]][[say:ok]]";
    assert_eq!(ask(&model, &talk(prompt, &[])).await.unwrap().0, 429);
    let refused = ask(&model, &talk(prompt, &[])).await.unwrap();
    assert!(refused.0 == 400 && refused.1.contains("failed_generation"), "{refused:?}");
    assert!(ask(&model, &talk(prompt, &[])).await.is_err());
    assert!(ask(&model, &talk(prompt, &[])).await.unwrap().1.starts_with("<html>"));
    assert!(ask(&model, &talk(prompt, &[])).await.is_err());
    assert_eq!(said(ask(&model, &talk(prompt, &[])).await)["content"], "ok");
    for _ in 0..2 {
        assert_eq!(ask(&model, &talk("[[always:401]]", &[])).await.unwrap().0, 401);
    }
    assert!(ask(&model, &talk("[[huge]]", &[])).await.unwrap().1.len() > 10 << 20);
}

#[tokio::test]
async fn usage_keys_models_and_quotas_are_told_as_asked() {
    let model = Model::start().await;
    let usage = async |mark: &str| {
        let answer = ask(&model, &talk(&format!("{mark}[[say:hi]]"), &[])).await.unwrap().1;
        serde_json::from_str::<Value>(&answer).unwrap()["usage"]["total_tokens"].clone()
    };
    assert!(usage("").await.as_u64() > Some(5));
    assert_eq!(
        (usage("[[usage:none]]").await, usage("[[usage:zero]]").await),
        (Value::Null, json!(0))
    );
    let mut streamed = talk("[[ids:same]][[call:finish {}]]", &[]);
    streamed["stream"] = json!(true);
    let text = ask(&model, &streamed).await.unwrap().1;
    assert!(text.contains("\"id\":\"call_0\"") && text.ends_with("data: [DONE]\n\n"), "{text}");
    model.tells("x-ratelimit-remaining-requests", "3");
    let listed = client().get(format!("{}/models", model.url())).send().await.unwrap();
    assert_eq!(listed.headers()["x-ratelimit-remaining-requests"], "3");
    model.has(&["other"]);
    assert_eq!(ask(&model, &talk("[[say:hi]]", &[])).await.unwrap().0, 404);
    model.wants("another key");
    assert_eq!(ask(&model, &talk("[[say:hi]]", &[])).await.unwrap().0, 401);
}

#[tokio::test]
async fn an_answer_waits_for_its_gate() {
    let model = Model::start().await;
    let body = talk("[[wait:here]][[say:now]]", &[]);
    let (answer, ()) = tokio::join!(ask(&model, &body), async {
        while model.asked().is_empty() {
            tokio::task::yield_now().await;
        }
        model.open("here");
    });
    assert_eq!(said(answer)["content"], "now");
}
