use proptest::prelude::*;

use crate::agents::openai::tool_loop::*;

const BOUNDS: LoopBounds = LoopBounds { turns: 40, tokens: 1_000_000 };

fn a_loop() -> ToolLoop {
    with(BOUNDS)
}

fn with(bounds: LoopBounds) -> ToolLoop {
    ToolLoop::new(Toolset::Change, bounds, "You work.".into(), "Mend it.".into())
}

fn call(name: &str, arguments: &str) -> RequestedCall {
    RequestedCall { name: name.into(), arguments: arguments.into() }
}

fn read(path: &str) -> RequestedCall {
    call("read", &format!(r#"{{"path":"{path}"}}"#))
}

fn answer(calls: Vec<RequestedCall>) -> ModelAnswer {
    let tokens = Some(Tokens { input: 10, output: 1 });
    ModelAnswer { text: String::new(), calls, is_cut: false, tokens }
}

fn prose(text: &str) -> ModelAnswer {
    ModelAnswer { text: text.into(), ..answer(Vec::new()) }
}

/// The calls that are carried out.
fn run(step: Result<LoopStep, GaveUp>) -> Vec<PlannedCall> {
    match step.unwrap() {
        LoopStep::Run(planned) => planned,
        LoopStep::Ask => panic!("nothing to run"),
    }
}

/// The results that the model is shown, with their ids.
fn shown(tool_loop: &ToolLoop) -> Vec<(&str, &str)> {
    let messages = tool_loop.messages().iter();
    messages
        .filter_map(|message| match message {
            ChatMessage::Tool { tool_call_id, content } => {
                Some((tool_call_id.as_str(), content.as_str()))
            }
            _ => None,
        })
        .collect()
}

#[test]
fn equal_calls_of_one_answer_run_once_and_each_gets_the_result() {
    let mut tool_loop = a_loop();
    let planned = run(tool_loop.answered(answer(vec![read("a"), read("b"), read("a"), read("a")])));
    assert_eq!(planned.len(), 2);
    tool_loop.results(&["A".into(), "B".into()]);
    assert_eq!(
        shown(&tool_loop),
        [("call00001", "A"), ("call00002", "B"), ("call00003", "A"), ("call00004", "A")]
    );
}

#[test]
fn nine_equal_calls_in_a_row_end_it() {
    let mut tool_loop = a_loop();
    for _ in 0..8 {
        run(tool_loop.answered(answer(vec![read("a")])));
        tool_loop.results(&["A".into()]);
    }
    let end = tool_loop.answered(answer(vec![read("a")])).unwrap_err();
    assert_eq!(end.to_string(), "it made the same call 9 times in a row (`read`)");

    let mut other = a_loop();
    for n in 0..20 {
        let one = if n % 2 == 0 { read("a") } else { read("b") };
        run(other.answered(answer(vec![one])));
        other.results(&["A".into()]);
    }
}

#[test]
fn prose_goes_back_three_times() {
    let mut tool_loop = a_loop();
    for _ in 0..3 {
        assert_eq!(tool_loop.answered(prose("I would read a file.")), Ok(LoopStep::Ask));
    }
    let last = tool_loop.messages().last().unwrap();
    assert!(matches!(last, ChatMessage::User { content } if content.contains("`finish`")));
    assert!(matches!(tool_loop.answered(prose("As I said.")), Err(GaveUp::Faults(_))));
}

#[test]
fn what_cannot_be_understood_goes_back_until_something_can() {
    let mut tool_loop = a_loop();
    for _ in 0..3 {
        let planned = run(tool_loop.answered(answer(vec![call("read", "{nonsense")])));
        let words = planned[0].meaning.clone().unwrap_err();
        tool_loop.results(&[words]);
    }
    tool_loop.failed_call("x", "y").unwrap_err();

    let mut other = a_loop();
    for n in 0..12 {
        run(other.answered(answer(vec![call("run", &n.to_string()), read(&n.to_string())])));
        other.results(&["no".into(), "A".into()]);
    }
}

#[test]
fn a_call_that_failed_at_the_server_goes_back_three_times() {
    let mut tool_loop = a_loop();
    for _ in 0..3 {
        tool_loop.failed_call("400: no call", "<function=read>").unwrap();
    }
    assert!(matches!(tool_loop.messages().last(), Some(ChatMessage::User { content })
        if content.contains("<function=read>")));
    assert!(tool_loop.failed_call("400: no call", "").is_err());
}

#[test]
fn arguments_that_are_no_json_do_not_go_back() {
    let mut tool_loop = a_loop();
    run(tool_loop.answered(answer(vec![call("re ad\n", "{nonsense"), read("a")])));
    let sent = serde_json::to_value(tool_loop.messages().last()).unwrap();
    assert_eq!(sent["tool_calls"][0]["function"]["arguments"], "{}");
    assert_eq!(sent["tool_calls"][0]["function"]["name"], "read");
    assert_eq!(sent["tool_calls"][1]["function"]["arguments"], r#"{"path":"a"}"#);
}

#[test]
fn what_stands_behind_finish_is_not_done() {
    let mut tool_loop = a_loop();
    let finish = call("finish", r#"{"outcome":"no_change","files":["a"],"summary":"Is done."}"#);
    let again = call("finish", r#"{"outcome":"blocked","summary":"Or not."}"#);
    let planned = run(tool_loop.answered(answer(vec![read("a"), finish, again, read("b")])));
    assert_eq!(planned.len(), 2);
    tool_loop.results(&["A".into(), "no".into()]);
    assert!(shown(&tool_loop)[2].1.contains("behind `finish`"));
    assert_eq!(shown(&tool_loop).len(), 4, "each call has its answer");
}

#[test]
fn turns_and_tokens_are_bounded() {
    let mut turns = with(LoopBounds { turns: 5, ..BOUNDS });
    for n in 0..5 {
        turns.ready().unwrap();
        run(turns.answered(answer(vec![read(&n.to_string())])));
        turns.results(&["A".into()]);
    }
    let told = turns.messages().iter().filter(|message| {
        matches!(message, ChatMessage::User { content } if content.contains("turns are left"))
    });
    assert_eq!(told.count(), 1);
    assert_eq!(turns.ready(), Err(GaveUp::Turns(5)));

    let mut tokens = with(LoopBounds { tokens: 10_000, ..BOUNDS });
    tokens.ready().unwrap();
    let dear = ModelAnswer {
        tokens: Some(Tokens { input: 9_000, output: 900 }),
        ..answer(vec![read("a")])
    };
    run(tokens.answered(dear));
    tokens.results(&["A".into()]);
    assert_eq!(tokens.ready(), Err(GaveUp::Tokens(10_000)));
}

#[test]
fn usage_that_one_answer_does_not_tell_is_unknown_and_counts_all_the_same() {
    let mut tool_loop = with(LoopBounds { tokens: 4_000, ..BOUNDS });
    run(tool_loop.answered(answer(vec![read("a")])));
    tool_loop.results(&["A".into()]);
    let known = Some(Tokens { input: 10, output: 1 });
    assert_eq!(tool_loop.usage(), Usage { tokens: known, micro_usd: None });
    let silent = ModelAnswer { tokens: None, ..answer(vec![read("b")]) };
    run(tool_loop.answered(silent));
    tool_loop.results(&["B".repeat(16_000)]);
    assert_eq!(tool_loop.usage(), Usage::NONE);
    assert!(tool_loop.ready().is_err(), "what is not told is estimated");
}

#[test]
fn a_long_conversation_loses_its_oldest_results() {
    let mut tool_loop = with(LoopBounds { turns: 100, tokens: 1 << 40 });
    for n in 0..60 {
        tool_loop.ready().unwrap();
        run(tool_loop.answered(answer(vec![read(&n.to_string())])));
        tool_loop.results(&["x".repeat(20_000)]);
    }
    tool_loop.ready().unwrap();
    assert!(tool_loop.size() <= CONVERSATION);
    assert_eq!(shown(&tool_loop)[0].1, LEFT_OUT);
    assert_eq!(shown(&tool_loop)[59].1.len(), 20_000);
    for _ in 0..2 {
        let before = tool_loop.size();
        tool_loop.too_long().unwrap();
        assert!(tool_loop.size() <= before / 2);
    }
    while tool_loop.too_long().is_ok() {}
}

#[test]
fn a_text_is_told_to_the_model() {
    let mut tool_loop = a_loop();
    tool_loop.tell("Leave the lock alone.");
    assert!(matches!(tool_loop.messages().last(), Some(ChatMessage::User { content })
        if content.ends_with("Leave the lock alone.")));
}

proptest! {
    /// Whatever comes, it ends within its bounds, and each call that was shown has one answer.
    #[test]
    fn whatever_a_model_does_it_ends(
        answers in prop::collection::vec(prop::collection::vec(("[a-z]{0,6}", "\\PC{0,20}"), 0..4), 0..60),
    ) {
        let mut tool_loop = a_loop();
        for calls in answers {
            if tool_loop.ready().is_err() {
                break;
            }
            let calls = calls.iter().map(|(name, arguments)| call(name, arguments)).collect();
            match tool_loop.answered(answer(calls)) {
                Ok(LoopStep::Run(planned)) => tool_loop.results(&vec!["x".into(); planned.len()]),
                Ok(LoopStep::Ask) => {}
                Err(_) => break,
            }
        }
        prop_assert!(tool_loop.turns() <= BOUNDS.turns);
    }
}
