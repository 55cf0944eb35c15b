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
