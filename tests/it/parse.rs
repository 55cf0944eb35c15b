//! `timmy parse`, as a script runs it.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn parse(args: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_timmy"))
        .arg("parse")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    // The process may end without reading, where its arguments are wrong.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("it ends")
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("UTF-8")
}

#[test]
fn json_holds_commands_and_errors() {
    let output = parse(
        &["--json"],
        b"Hello\n\n/timmy assign Ezra budget=5USD role=coder  \n/timmy asign ezra\n",
    );
    assert!(output.status.success());
    let expected = concat!(
        r#"{"commands":[{"line":3,"verb":"assign","args":{"who":"ezra","role":"coder","budget":"5usd"},"#,
        r#""text":"/timmy assign Ezra budget=5USD role=coder"}],"#,
        r#""errors":[{"line":4,"kind":"unknown_verb","token":"asign","suggestion":"assign","#,
        r#""message":"I don't know `asign`. Did you mean `assign`?"}]}"#,
        "\n"
    );
    assert_eq!(stdout(&output), expected);
}

#[test]
fn people_get_a_line_for_each() {
    let output = parse(&["-"], b"@timmy crew Coder \"code owner\"\n\n/timmy");
    let expected = "   1  crew Coder \"code owner\"\n   3  not run: What shall I do? `/timmy help` lists what I understand.\n";
    assert_eq!(stdout(&output), expected);
    assert_eq!(stdout(&parse(&[], b"Thank you.")), "No command.\n");
}

#[test]
fn talk_is_called_talk() {
    let body = b"@timmy hold on, I am testing\n@timmy thanks\n/timmy hold off\n";
    let expected = concat!(
        "   1  talk: I took this for talk, as people talk behind `@timmy`. Behind `/timmy` everything is meant.\n",
        "   2  talk: I took this for talk, since it begins with no command of mine: `/timmy help` lists them.\n",
        "   3  not run: `off` is not a reason to hold. Did you mean `unhold`?\n",
    );
    assert_eq!(stdout(&parse(&[], body)), expected);
    let json = parse(&["--json"], b"@timmy status is still red");
    assert!(stdout(&json).starts_with(
        r#"{"commands":[],"errors":[{"line":1,"kind":"talk","token":"status","message":""#
    ));
}

#[test]
fn what_people_write_is_parsed() {
    let body = "\u{A0}/timmy assign me on=foundation/door#41 role=“code owner”\n\
                \u{200B}/timmy ping\n/timmy no d7 unwanted, sorry\n/timmy tell j42 \"x\" first\n/timmy split";
    let expected = concat!(
        r#"{"commands":[{"line":1,"verb":"assign","args":{"who":"me","on":"foundation/door#41","role":"code owner"},"#,
        r#""text":"/timmy assign me on=foundation/door#41 role=“code owner”"},"#,
        r#"{"line":3,"verb":"reject","args":{"decision":"d7","cause":"unwanted","note":"sorry"},"#,
        r#""text":"/timmy no d7 unwanted, sorry"},"#,
        r#"{"line":4,"verb":"tell","args":{"job":"j42","text":"\"x\" first"},"#,
        r#""text":"/timmy tell j42 \"x\" first"},"#,
        r#"{"line":5,"verb":"split","args":{},"text":"/timmy split"}],"#,
        r#""errors":[{"line":2,"kind":"invisible_character","token":"U+200B","#,
        r#""message":"The line holds U+200B ZERO WIDTH SPACE, which nobody can see, so I did not run it. Type the line anew."}]}"#,
    );
    assert_eq!(stdout(&parse(&["--json"], body.as_bytes())).trim_end(), expected);
}

#[test]
fn the_name_is_the_accounts_own() {
    let output = parse(&["--json", "--name", "@Door-Bot"], b"/door-bot ping\n/timmy ping");
    let expected =
        r#"{"commands":[{"line":1,"verb":"ping","args":{},"text":"/door-bot ping"}],"errors":[]}"#;
    assert_eq!(stdout(&output).trim_end(), expected);
}

#[test]
fn files_are_read_whatever_their_bytes() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("comment.md");
    std::fs::write(&path, b"\xEF\xBB\xBF/timmy hold \xFF\r\n").expect("a file");
    let output = parse(&[path.to_str().expect("UTF-8")], b"");
    assert!(output.status.success());
    assert_eq!(stdout(&output), "   1  hold \u{FFFD}\n");
}

#[test]
fn what_cannot_be_read_or_meant_fails() {
    let missing = parse(&["/nowhere/comment.md"], b"");
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("cannot read /nowhere/comment.md"));
    assert_eq!(parse(&["--name", ""], b"").status.code(), Some(2));
    assert_eq!(parse(&["--name", "a b"], b"").status.code(), Some(2));
}
